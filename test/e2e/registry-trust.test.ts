/**
 * AWS's own names for the registry, with the commands of AWS's pages. Changes files of this machine (/etc/hosts, Docker's
 * certificates) and restores them in every case.
 */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { systemFiles } from '#control-plane/trust/system-files.ts';
import { type AwsCli, awsCli, findAwsClis } from '../support/aws-cli.ts';
import { ensureBusyboxImage } from '../support/busybox-image.ts';
import {
  dockerMissing,
  makeDataDirectory,
  removeAll,
  type Slipway,
  slipway as slipwayCommand,
  startSlipway,
  until,
} from '../support/slipway-process.ts';

const run = promisify(execFile);

const isTaken = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

const clis = findAwsClis();

async function whySkip(): Promise<string | false> {
  const missing = dockerMissing();
  if (missing) return missing;
  if (process.getuid?.() !== 0) return 'needs root: it changes /etc/hosts';
  if (clis.length === 0) return 'no AWS CLI on this machine';
  if (readFileSync(systemFiles.hostsFile, 'utf8').includes('Slipway registry')) return 'a Slipway is trusted here';
  if (await isTaken(443)) return 'something listens at port 443';
  const image = await ensureBusyboxImage();
  return image.startsWith('no image') ? image : false;
}
const skip = await whySkip();

describe('slipway registry trust', { skip }, () => {
  const dataDir = makeDataDirectory();
  const configDir = mkdtempSync(path.join(tmpdir(), 'slipway-docker-'));
  const env = { ...process.env, DOCKER_CONFIG: configDir };
  const hostsBefore = skip ? '' : readFileSync(systemFiles.hostsFile, 'utf8');
  const certsBefore = skip ? [] : listCertificates();
  let slipway: Slipway;
  let aws: AwsCli;
  let host: string;
  let image: string;

  function listCertificates(): string[] {
    const { certsDirectory } = systemFiles;
    return existsSync(certsDirectory) ? readdirSync(certsDirectory, { recursive: true }).map(String).sort() : ['none'];
  }
  const docker = (...argv: string[]) => run('docker', argv, { env, timeout: 120_000 });
  const login = async (...argv: string[]) => {
    const child = spawnSync('docker', ['login', ...argv], {
      env,
      encoding: 'utf8',
      input: aws.text('ecr', 'get-login-password').trim(),
    });
    assert.equal(child.status, 0, child.stderr);
  };
  const command = (...argv: string[]) => {
    const done = slipwayCommand(['registry', ...argv, '--data', dataDir]);
    assert.equal(done.status, 0, `${argv.join(' ')}\n${done.stdout}\n${done.stderr}`);
    return done.stdout;
  };

  before(async () => {
    slipway = await startSlipway(dataDir, ['--no-agent']);
    aws = awsCli(clis.at(-1)!, slipway.credentials);
    const { account, region } = slipway.credentials;
    host = `${account}.dkr.ecr.${region}.amazonaws.com`;
    image = `${host}/team/app:1`;
  });
  after(async () => {
    slipwayCommand(['registry', 'untrust', '--data', dataDir]);
    if (readFileSync(systemFiles.hostsFile, 'utf8') !== hostsBefore) writeFileSync(systemFiles.hostsFile, hostsBefore);
    spawnSync('docker', ['rmi', '-f', image]);
    await slipway?.stop();
    removeAll(dataDir);
    rmSync(configDir, { recursive: true, force: true });
  });

  test('before, get-login of AWS CLI 1 prints a command with the address', (t) => getLogin(t, slipway.endpoint));

  test('the commands of AWS pages work as they stand there', async () => {
    assert.match(command('trust'), new RegExp(host.replaceAll('.', '\\.')));
    assert.equal(statSync(path.join(dataDir, 'trust/ca.key')).mode & 0o777, 0o600);
    const { repository } = aws.json('ecr', 'create-repository', '--repository-name', 'team/app');
    assert.equal(repository.repositoryUri, `${host}/team/app`);
    const { authorizationData } = aws.json('ecr', 'get-authorization-token');
    assert.equal(authorizationData[0].proxyEndpoint, `https://${host}`);

    await login('--username', 'AWS', '--password-stdin', host);
    await docker('tag', 'busybox:latest', image);
    await docker('push', image);
    await docker('rmi', image);
    await docker('pull', image);
    assert.equal((await docker('run', '--rm', image, 'echo', 'pulled')).stdout, 'pulled\n');
  });

  const getLogin = async (t: TestContext, server: string) => {
    const old = clis.find((cli) => cli.version.startsWith('aws-cli/1.'));
    if (!old) return t.skip('no AWS CLI 1 on this machine');
    const printed = awsCli(old, slipway.credentials).text('ecr', 'get-login', '--no-include-email').trim();
    assert.match(printed, /^docker login -u AWS -p \S+ https?:\/\/\S+$/);
    assert.ok(printed.endsWith(` ${server}`), printed.replace(/-p \S+/, '-p …'));
    await docker(...printed.split(' ').slice(1));
  };

  test('skopeo knows the certificate, too', async (t) => {
    if (spawnSync('skopeo', ['--version']).status !== 0) return t.skip('no skopeo on this machine');
    const { accessKeyId, secretAccessKey } = slipway.credentials;
    const argv = ['inspect', '--creds', `${accessKeyId}:${secretAccessKey}`, `docker://${image}`];
    const { stdout } = await run('skopeo', argv, { timeout: 60_000 });
    assert.equal(JSON.parse(stdout).Name, `${host}/team/app`);
  });

  test('the command that get-login of AWS CLI 1 prints works', async (t) => {
    await docker('logout', host);
    await getLogin(t, `https://${host}`);
    await docker('pull', image);
  });

  test('it can be done again, and outlives the control plane', async () => {
    const hosts = readFileSync(systemFiles.hostsFile, 'utf8');
    command('trust');
    assert.equal(readFileSync(systemFiles.hostsFile, 'utf8'), hosts);
    await slipway.stop();
    assert.equal(await isTaken(443), false);
    slipway = await startSlipway(dataDir, ['--no-agent']);
    aws = awsCli(clis.at(-1)!, slipway.credentials);
    await until('port 443 is open', 10_000, () => isTaken(443));
    await docker('pull', image);
  });

  test('a name that is not asked for again is given up', async () => {
    command('trust', '--no-public', '--region', slipway.credentials.region, '--region', 'eu-west-1');
    const hosts = readFileSync(systemFiles.hostsFile, 'utf8');
    assert.equal(hosts.includes('public.ecr.aws'), false);
    assert.ok(hosts.includes('.dkr.ecr.eu-west-1.amazonaws.com'));
    assert.equal(existsSync(path.join(systemFiles.certsDirectory, 'public.ecr.aws/slipway-ca.crt')), false);
  });

  test('untrust leaves nothing behind', async () => {
    command('untrust');
    assert.equal(readFileSync(systemFiles.hostsFile, 'utf8'), hostsBefore);
    assert.deepEqual(listCertificates(), certsBefore);
    await until('port 443 is closed', 10_000, async () => !(await isTaken(443)));
    const { repositories } = aws.json('ecr', 'describe-repositories');
    assert.equal(repositories[0].repositoryUri.includes('amazonaws.com'), false);
    assert.match(command('untrust'), /nothing to undo/);
  });
});

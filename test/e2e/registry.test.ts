/** Images as people push and pull them: the unmodified docker and skopeo, logged in as AWS's pages say. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type AwsCli, awsCli, findAwsClis } from '../support/aws-cli.ts';
import { ensureBusyboxImage } from '../support/busybox-image.ts';
import { dockerMissing, makeDataDirectory, removeAll, type Slipway, startSlipway } from '../support/slipway-process.ts';

const cli = findAwsClis().at(-1);
const skip = dockerMissing() || (cli ? false : 'no AWS CLI on this machine');
const hasSkopeo = spawnSync('skopeo', ['--version']).status === 0;

describe('docker and skopeo against the registry', { skip }, () => {
  const dataDir = makeDataDirectory();
  const configDir = mkdtempSync(path.join(tmpdir(), 'slipway-docker-'));
  const env = { ...process.env, DOCKER_CONFIG: configDir, REGISTRY_AUTH_FILE: path.join(configDir, 'auth.json') };
  let slipway: Slipway;
  let aws: AwsCli;
  let host: string;
  let busybox: string;

  const tryRun = (program: string, argv: readonly string[], input?: string) =>
    spawnSync(program, argv, { env, encoding: 'utf8', timeout: 120_000, ...(input !== undefined && { input }) });
  const run = (program: string, ...argv: string[]): string => {
    const { status, stdout, stderr } = tryRun(program, argv);
    assert.equal(status, 0, `${program} ${argv.join(' ')}\n${stdout}\n${stderr}`);
    return stdout;
  };

  before(async () => {
    busybox = await ensureBusyboxImage();
    slipway = await startSlipway(dataDir, ['--no-agent']);
    aws = awsCli(cli!, slipway.credentials);
    host = `localhost:${new URL(slipway.endpoint).port}`;
  });
  after(async () => {
    const names = spawnSync('docker', ['images', '-q', '--filter', `reference=${host}/*/*`], { encoding: 'utf8' });
    for (const id of new Set(names.stdout.split('\n').filter(Boolean))) spawnSync('docker', ['rmi', '-f', id]);
    await slipway?.stop();
    removeAll(dataDir);
    rmSync(configDir, { recursive: true, force: true });
  });

  test('docker logs in, pushes, pulls and runs', (t) => {
    if (busybox.startsWith('no image')) return t.skip(busybox);
    const refused = tryRun('docker', ['login', '-u', 'AWS', '--password-stdin', host], 'wrong');
    assert.notEqual(refused.status, 0);
    const password = aws.text('ecr', 'get-login-password').trim();
    assert.equal(tryRun('docker', ['login', '-u', 'AWS', '--password-stdin', host], password).status, 0);

    const image = `${host}/team/busybox:1`;
    run('docker', 'tag', 'busybox:latest', image);
    const missing = tryRun('docker', ['push', image]);
    assert.notEqual(missing.status, 0);
    assert.match(missing.stderr, /repository with name 'team\/busybox' does not exist in the registry with id/);

    aws.json('ecr', 'create-repository', '--repository-name', 'team/busybox');
    const pushed = run('docker', 'push', image);
    const digest = /digest: (sha256:[0-9a-f]{64})/.exec(pushed)![1];
    const described = aws.json('ecr', 'describe-images', '--repository-name', 'team/busybox');
    assert.equal(described.imageDetails[0].imageDigest, digest);
    assert.deepEqual(described.imageDetails[0].imageTags, ['1']);

    run('docker', 'rmi', image);
    run('docker', 'pull', `${host}/team/busybox@${digest}`);
    const said = run('docker', 'run', '--rm', `${host}/team/busybox@${digest}`, 'echo', 'from the registry');
    assert.equal(said, 'from the registry\n');
  });

  test('skopeo inspects and copies', (t) => {
    if (!hasSkopeo) return t.skip('no skopeo on this machine');
    if (busybox.startsWith('no image')) return t.skip(busybox);
    const { accessKeyId, secretAccessKey } = slipway.credentials;
    const credentials = `${accessKeyId}:${secretAccessKey}`;
    const image = `docker://${host}/team/busybox`;
    const plain = ['--tls-verify=false', '--creds', credentials];
    const inspected = JSON.parse(run('skopeo', 'inspect', ...plain, `${image}:1`));
    assert.deepEqual(inspected.RepoTags, ['1']);
    const both = [
      '--src-tls-verify=false',
      '--dest-tls-verify=false',
      '--src-creds',
      credentials,
      '--dest-creds',
      credentials,
    ];
    run('skopeo', 'copy', ...both, `${image}:1`, `${image}:2`);
    aws.json('ecr', 'create-repository', '--repository-name', 'team/copy');
    run('skopeo', 'copy', '--format', 'oci', ...both, `${image}:1`, `docker://${host}/team/copy:oci`);
    const tagsOf = (name: string) => JSON.parse(run('skopeo', 'list-tags', ...plain, name)).Tags;
    assert.deepEqual(tagsOf(image), ['1', '2']);
    run('skopeo', 'delete', ...plain, `docker://${host}/team/copy:oci`);
    assert.deepEqual(tagsOf(`docker://${host}/team/copy`), []);
  });

  test('anybody pulls public images, with docker and skopeo', (t) => {
    if (busybox.startsWith('no image')) return t.skip(busybox);
    aws.json('ecr-public', 'create-repository', '--repository-name', 'open');
    const { registries } = aws.json('ecr-public', 'describe-registries');
    const image = `${host}/public.ecr.aws/${registries[0].aliases[0].name}/open:1`;
    const password = aws.text('ecr-public', 'get-login-password').trim();
    assert.equal(tryRun('docker', ['login', '-u', 'AWS', '--password-stdin', host], password).status, 0);
    run('docker', 'tag', 'busybox:latest', image);
    run('docker', 'push', image);
    run('docker', 'rmi', image);
    run('docker', 'logout', host);
    const refused = tryRun('docker', ['push', `${host}/team/busybox:1`]);
    assert.notEqual(refused.status, 0);
    run('docker', 'pull', image);
    const denied = tryRun('docker', ['pull', `${host}/team/busybox:1`]);
    assert.notEqual(denied.status, 0);
    assert.match(denied.stderr, /authentication required/);
    run('docker', 'rmi', image);
    if (!hasSkopeo) return;
    const inspected = JSON.parse(run('skopeo', 'inspect', '--tls-verify=false', `docker://${image}`));
    assert.deepEqual(inspected.RepoTags, ['1']);
    assert.notEqual(tryRun('skopeo', ['inspect', '--tls-verify=false', `docker://${host}/team/busybox:1`]).status, 0);
    const { accessKeyId, secretAccessKey } = slipway.credentials;
    const login = ['login', '--tls-verify=false', '-u', accessKeyId, '--password-stdin', host];
    assert.notEqual(tryRun('skopeo', login, 'wrong').status, 0);
    assert.equal(tryRun('skopeo', login, secretAccessKey).status, 0);
    run('skopeo', 'inspect', '--tls-verify=false', `docker://${host}/team/busybox:1`);
  });
});

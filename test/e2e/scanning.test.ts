/** Scanning as people use it: docker builds and pushes, the AWS CLI waits and lists, `slipway` brings the database and the bill of materials. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ECRClient, ListImageReferrersCommand } from '@aws-sdk/client-ecr';
import { type AwsCli, awsCli, findAwsClis } from '../support/aws-cli.ts';
import { advisoryOf, critical, debianFiles, writeAdvisories } from '../support/scannable-images.ts';
import {
  dockerMissing,
  makeDataDirectory,
  removeAll,
  slipway as runSlipway,
  type Slipway,
  startSlipway,
} from '../support/slipway-process.ts';

const cli = findAwsClis().at(-1);
const skip = dockerMissing() || (cli ? false : 'no AWS CLI on this machine');

describe('an image from docker build to its findings', { skip }, () => {
  const dataDir = makeDataDirectory();
  const folder = mkdtempSync(path.join(tmpdir(), 'slipway-e2e-'));
  const env = { ...process.env, DOCKER_CONFIG: folder };
  let slipway: Slipway;
  let aws: AwsCli;
  let image: string;

  const run = (program: string, argv: readonly string[], input?: string): string => {
    const options = { env, encoding: 'utf8', timeout: 120_000, ...(input !== undefined && { input }) } as const;
    const { status, stdout, stderr } = spawnSync(program, argv, options);
    assert.equal(status, 0, `${program} ${argv.join(' ')}\n${stdout}\n${stderr}`);
    return stdout;
  };
  const good = (...argv: string[]): string => {
    const { status, stdout, stderr } = runSlipway([...argv, '--data', dataDir], env);
    assert.equal(status, 0, stderr);
    return stdout;
  };

  before(async () => {
    slipway = await startSlipway(dataDir, ['--no-agent', '--scanner', 'slipway']);
    aws = awsCli(cli!, slipway.credentials);
    const host = `localhost:${new URL(slipway.endpoint).port}`;
    image = `${host}/team/scanned:1`;
    const password = aws.text('ecr', 'get-login-password').trim();
    run('docker', ['login', '-u', 'AWS', '--password-stdin', host], password);
  });
  after(async () => {
    spawnSync('docker', ['rmi', '-f', image]);
    await slipway?.stop();
    removeAll(dataDir);
    rmSync(folder, { recursive: true, force: true });
  });

  test('scan on push, the waiter, the findings, the bill of materials', async () => {
    const context = path.join(folder, 'context');
    const files = debianFiles([{ name: 'libc6', version: '2.36-9', source: 'glibc' }]);
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(context, 'root', name)), { recursive: true });
      writeFileSync(path.join(context, 'root', name), text);
    }
    writeFileSync(path.join(context, 'Dockerfile'), 'FROM scratch\nCOPY root /\nCMD ["/none"]\n');
    run('docker', ['build', '-q', '-t', image, context]);
    const osv = path.join(folder, 'osv');
    await writeAdvisories(osv, [advisoryOf('CVE-2024-0001', 'Debian:12', 'glibc', '2.36-10', critical)]);
    good('scan-db', 'update', '--from', osv);

    const repository = ['--repository-name', 'team/scanned'];
    aws.json('ecr', 'create-repository', ...repository, '--image-scanning-configuration', 'scanOnPush=true');
    run('docker', ['push', image]);
    aws.text('ecr', 'wait', 'image-scan-complete', ...repository, '--image-id', 'imageTag=1');
    const found = aws.json('ecr', 'describe-image-scan-findings', ...repository, '--image-id', 'imageTag=1');
    assert.deepEqual(found.imageScanFindings.findingSeverityCounts, { CRITICAL: 1 });
    assert.equal(found.imageScanFindings.findings[0].name, 'CVE-2024-0001');
    const [described] = aws.json('ecr', 'describe-images', ...repository).imageDetails;
    assert.equal(described.imageScanStatus.status, 'COMPLETE');
    assert.equal(described.imageScanFindingsSummary.findingSeverityCounts.CRITICAL, 1);

    good('registry', 'sbom', 'team/scanned:1', '--attach', '--format', 'cyclonedx');
    const { endpoint, credentials } = slipway;
    const ecr = new ECRClient({ endpoint, region: credentials.region, credentials });
    const subjectId = { imageDigest: described.imageDigest };
    const list = new ListImageReferrersCommand({ repositoryName: 'team/scanned', subjectId });
    const { referrers } = await ecr.send(list).finally(() => ecr.destroy());
    assert.equal(referrers![0]!.artifactType, 'application/vnd.cyclonedx+json');
  });
});

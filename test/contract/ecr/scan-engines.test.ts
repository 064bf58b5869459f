import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import {
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DescribeImageScanFindingsCommand,
  ECRClient,
  PutRegistryScanningConfigurationCommand,
  StartImageScanCommand,
} from '@aws-sdk/client-ecr';
import type { ControlPlaneOptions } from '#control-plane/start.ts';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import { makeFakeTrivy } from '../../support/fake-scanner.ts';
import { pushImage } from '../../support/images.ts';
import { advisoryOf, debianImage, installAdvisories } from '../../support/scannable-images.ts';
import { startSlipway, until } from '../../support/slipway-process.ts';

const endings: (() => Promise<void>)[] = [];
after(async () => {
  for (const end of endings.reverse()) await end();
});

async function directory(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'slipway-test-'));
  endings.push(() => rm(made, { recursive: true, force: true }));
  return made;
}

async function start(options: Partial<ControlPlaneOptions>): Promise<TestControlPlane> {
  const plane = await startTestControlPlane(options);
  let open = true;
  const close = async () => {
    if (open) await plane.close();
    open = false;
  };
  endings.push(close);
  return { ...plane, close };
}

const create = (ecr: ECRClient, repositoryName: string) =>
  ecr.send(new CreateRepositoryCommand({ repositoryName, imageScanningConfiguration: { scanOnPush: true } }));
const findings = (ecr: ECRClient, repositoryName: string) =>
  ecr.send(new DescribeImageScanFindingsCommand({ repositoryName, imageId: { imageTag: 'v1' } }));
const rescan = (ecr: ECRClient, repositoryName: string) =>
  ecr.send(new StartImageScanCommand({ repositoryName, imageId: { imageTag: 'v1' } }));
const finished = (ecr: ECRClient, repositoryName: string) =>
  until(`the scan of ${repositoryName} is over`, 60_000, async () => {
    const answer = await findings(ecr, repositoryName);
    return answer.imageScanStatus!.status !== 'IN_PROGRESS' && answer;
  });
const libc = [{ name: 'libc6', version: '2.36-9' }];
const advisory = advisoryOf('CVE-2024-0001', 'Debian:12', 'libc6', '2.36-10');

describe('without a database and a scanner', () => {
  test('a scan fails with that reason; once there is a database it does not', async () => {
    const plane = await start({ scanning: { path: '' } });
    const ecr = plane.ecr();
    await create(ecr, 'app');
    await pushImage(ecr, 'app', await debianImage(libc), 'v1');
    const none = await finished(ecr, 'app');
    assert.equal(none.imageScanStatus!.status, 'FAILED');
    assert.match(none.imageScanStatus!.description!, /There is no vulnerability database\. .*slipway scan-db update/);
    assert.equal(none.imageScanFindings, undefined);
    await installAdvisories(plane.dataDir, [advisory], 1_000);
    await rescan(ecr, 'app');
    assert.deepEqual((await finished(ecr, 'app')).imageScanFindings!.findingSeverityCounts, { UNDEFINED: 1 });
  });

  test('a scanner that is wanted and not installed', async () => {
    const plane = await start({ scanning: { scanner: 'grype', path: '' } });
    const ecr = plane.ecr();
    await create(ecr, 'app');
    await pushImage(ecr, 'app', await debianImage(libc), 'v1');
    const { description } = (await finished(ecr, 'app')).imageScanStatus!;
    assert.match(description!, /^Grype is to scan .* not installed/);
  });

  test('what is scanned continuously is scanned when a database comes', async () => {
    const plane = await start({ scanning: { path: '' } });
    const ecr = plane.ecr();
    await ecr.send(
      new PutRegistryScanningConfigurationCommand({
        scanType: 'ENHANCED',
        rules: [{ scanFrequency: 'CONTINUOUS_SCAN', repositoryFilters: [{ filter: '*', filterType: 'WILDCARD' }] }],
      }),
    );
    await create(ecr, 'app');
    await pushImage(ecr, 'app', await debianImage(libc), 'v1');
    const statusIs = (wanted: string) =>
      until(wanted, 30_000, async () => (await findings(ecr, 'app')).imageScanStatus!.status === wanted);
    await statusIs('FAILED');
    await installAdvisories(plane.dataDir, [advisory], 1_000);
    await statusIs('ACTIVE');
    assert.equal((await findings(ecr, 'app')).imageScanFindings!.enhancedFindings!.length, 1);
  });
});

describe('scans under way', () => {
  test('Trivy on PATH scans where there is no database', async () => {
    const trivy = await makeFakeTrivy(await directory());
    await trivy.release();
    const plane = await start({ scanning: { path: trivy.directory } });
    const ecr = plane.ecr();
    await create(ecr, 'app');
    await pushImage(ecr, 'app', await debianImage(libc), 'v1');
    const { imageScanStatus, imageScanFindings } = await finished(ecr, 'app');
    assert.equal(imageScanStatus!.status, 'COMPLETE');
    assert.deepEqual(imageScanFindings!.findingSeverityCounts, { HIGH: 1 });
    assert.equal(imageScanFindings!.vulnerabilitySourceUpdatedAt!.getTime(), Date.UTC(2026, 0, 1));
    assert.deepEqual(await readdir(join(plane.dataDir, 'scans', 'work')), []);
  });

  test('what an image only names is not scanned: its repository does not have it', async () => {
    const trivy = await makeFakeTrivy(await directory());
    await trivy.release();
    const plane = await start({ scanning: { path: trivy.directory } });
    const ecr = plane.ecr();
    const held = await debianImage(libc);
    await create(ecr, 'held');
    await pushImage(ecr, 'held', held, 'v1');
    const manifest = JSON.parse(held.manifest);
    for (const layer of manifest.layers)
      layer.mediaType = 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip';
    await create(ecr, 'names');
    await pushImage(
      ecr,
      'names',
      { manifest: JSON.stringify(manifest), digest: '', blobs: held.blobs.slice(0, 1) },
      'v1',
    );
    const { imageScanStatus, imageScanFindings } = await finished(ecr, 'names');
    assert.equal(imageScanStatus!.status, 'FAILED');
    assert.match(imageScanStatus!.description!, /is not in the registry/);
    assert.equal(imageScanFindings, undefined);
  });

  test('no more at a time than told; the process that is killed is made good; a deleted image ends its scan', async () => {
    const trivy = await makeFakeTrivy(await directory());
    const plane = await start({ scanning: { path: trivy.directory, concurrency: 1 } });
    const ecr = plane.ecr();
    for (const name of ['one', 'two', 'gone']) {
      await create(ecr, name);
      await pushImage(ecr, name, await debianImage([{ name, version: '1' }]), 'v1');
    }
    const first = await until('a scan runs', 30_000, () => plane.scanning.pids()[0]);
    assert.equal(plane.scanning.pids().length, 1);
    process.kill(first, 'SIGKILL');
    await until('another process', 30_000, () => plane.scanning.pids().some((pid) => pid !== first));
    await ecr.send(new DeleteRepositoryCommand({ repositoryName: 'gone', force: true }));
    await trivy.release();
    for (const name of ['one', 'two']) assert.equal((await finished(ecr, name)).imageScanStatus!.status, 'COMPLETE');
    await assert.rejects(findings(ecr, 'gone'), { name: 'RepositoryNotFoundException' });
    await until('all scans are over', 30_000, () => plane.scanning.pids().length === 0);
  });

  test('one that takes too long fails', async () => {
    const trivy = await makeFakeTrivy(await directory());
    const plane = await start({ scanning: { path: trivy.directory, timeoutMs: 700 } });
    const ecr = plane.ecr();
    await create(ecr, 'app');
    await pushImage(ecr, 'app', await debianImage(libc), 'v1');
    const { status, description } = (await finished(ecr, 'app')).imageScanStatus!;
    assert.deepEqual([status, description], ['FAILED', 'The scan was not over after 1 seconds.']);
  });

  test('a restart goes on with it', async () => {
    const trivy = await makeFakeTrivy(await directory());
    const dataDir = await directory();
    const options = { dataDir, scanning: { path: trivy.directory } };
    const before = await start(options);
    const ecr = before.ecr();
    await create(ecr, 'app');
    await pushImage(ecr, 'app', await debianImage(libc), 'v1');
    await until('the scan has begun', 30_000, () => trivy.hasBegun());
    await before.close();
    await trivy.release();
    const next = await start(options);
    assert.equal((await finished(next.ecr(), 'app')).imageScanStatus!.status, 'COMPLETE');
  });

  test('so does one after the control plane was killed', { timeout: 180_000 }, async () => {
    const trivy = await makeFakeTrivy(await directory());
    const dataDir = await directory();
    const env = { ...process.env, PATH: `${trivy.directory}:${process.env['PATH']}` };
    const killed = await startSlipway(dataDir, ['--no-agent', '--scanner', 'trivy'], env);
    const { endpoint, credentials } = killed;
    const ecr = new ECRClient({ endpoint, region: credentials.region, credentials, maxAttempts: 1 });
    endings.push(async () => ecr.destroy());
    await create(ecr, 'app');
    await pushImage(ecr, 'app', await debianImage(libc), 'v1');
    await until('the scan has begun', 30_000, () => trivy.hasBegun());
    assert.equal((await findings(ecr, 'app')).imageScanStatus!.status, 'IN_PROGRESS');
    process.kill(killed.pid, 'SIGKILL');
    await killed.stop('SIGKILL');
    await trivy.release();
    const next = await startSlipway(dataDir, ['--no-agent', '--scanner', 'trivy'], env);
    endings.push(async () => {
      await next.stop();
    });
    const again = new ECRClient({ endpoint: next.endpoint, region: credentials.region, credentials, maxAttempts: 1 });
    endings.push(async () => again.destroy());
    assert.equal((await finished(again, 'app')).imageScanStatus!.status, 'COMPLETE');
  });
});

test('the quota of AWS, where it is turned on', async () => {
  const dataDir = await directory();
  await installAdvisories(dataDir, [advisory], 1_000);
  const quotas = { ecr: { limits: { 'scans-per-image-per-day': 1 }, throttles: [] } };
  const plane = await start({ dataDir, quotas });
  const ecr = plane.ecr();
  await create(ecr, 'app');
  await pushImage(ecr, 'app', await debianImage(libc), 'v1');
  await finished(ecr, 'app');
  await assert.rejects(rescan(ecr, 'app'), {
    name: 'LimitExceededException',
    message: 'The scan quota per image has been exceeded. Wait and try again.',
  });
});

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  BatchDeleteImageCommand,
  CreateRepositoryCommand,
  DescribeImageScanFindingsCommand,
  DescribeImagesCommand,
  type ECRClient,
  PutRegistryScanningConfigurationCommand,
  paginateDescribeImageScanFindings,
  StartImageScanCommand,
  waitUntilImageScanComplete,
} from '@aws-sdk/client-ecr';
import { taskDefinitions, tasks } from '#store/tables/ecs.ts';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import { makeImage, makeIndex, pushImage } from '../../support/images.ts';
import {
  advisoryOf,
  alpineFiles,
  critical,
  debianImage,
  imageOf,
  installAdvisories,
  makeLayer,
  medium,
} from '../../support/scannable-images.ts';
import { until } from '../../support/slipway-process.ts';
import { taskDefinitionRow, taskRow } from '../../support/task-rows.ts';

const firstUpdate = Date.UTC(2026, 0, 1);
const advisories = [
  advisoryOf('CVE-2024-0001', 'Debian:12', 'glibc', '2.36-9+deb12u4', critical),
  advisoryOf('CVE-2024-0002', 'Debian:12', 'glibc', undefined, medium),
  advisoryOf('CVE-2024-0003', 'Debian:12', 'curl', '8.0-1'),
  advisoryOf('CVE-2024-0004', 'Alpine:v3.19', 'musl', '1.2.5-r0', critical),
];
const glibc = [
  { name: 'libc6', version: '2.36-9+deb12u3', source: 'glibc' },
  { name: 'libc-bin', version: '2.36-9+deb12u3', source: 'glibc' },
];

let dataDir: string;
let plane: TestControlPlane;
let ecr: ECRClient;

before(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'slipway-test-'));
  await installAdvisories(dataDir, advisories, firstUpdate);
  plane = await startTestControlPlane({ dataDir, scanning: { path: '' } });
  ecr = plane.ecr();
});
after(async () => {
  await plane.close();
  await rm(dataDir, { recursive: true, force: true });
});

const create = (client: ECRClient, repositoryName: string, scanOnPush = false) =>
  client.send(new CreateRepositoryCommand({ repositoryName, imageScanningConfiguration: { scanOnPush } }));

const describeFindings = (client: ECRClient, repositoryName: string, imageTag = 'v1', more = {}) =>
  client.send(new DescribeImageScanFindingsCommand({ repositoryName, imageId: { imageTag }, ...more }));

const finished = (client: ECRClient, repositoryName: string, imageTag = 'v1') =>
  until(`the scan of ${repositoryName}:${imageTag} is over`, 30_000, async () => {
    const answer = await describeFindings(client, repositoryName, imageTag);
    const { status } = answer.imageScanStatus!;
    return status !== 'IN_PROGRESS' && status !== 'PENDING' && answer;
  });

describe('basic scanning', () => {
  test('a scan by hand, its findings and what DescribeImages says of it', async () => {
    await create(ecr, 'basic/debian');
    const digest = await pushImage(ecr, 'basic/debian', await debianImage(glibc), 'v1');
    await assert.rejects(describeFindings(ecr, 'basic/debian'), {
      name: 'ScanNotFoundException',
      message:
        "Image scan does not exist for the image with '{imageDigest:'null', imageTag:'v1'}' in the repository with name 'basic/debian' in the registry with id '123456789012'",
    });
    const imageId = { imageTag: 'v1' };
    const started = await ecr.send(new StartImageScanCommand({ repositoryName: 'basic/debian', imageId }));
    assert.deepEqual(started.imageScanStatus, { status: 'IN_PROGRESS' });
    assert.deepEqual(started.imageId, { imageDigest: digest, imageTag: 'v1' });
    await waitUntilImageScanComplete(
      { client: ecr, maxWaitTime: 30, minDelay: 1, maxDelay: 1 },
      { repositoryName: 'basic/debian', imageId },
    );
    const { imageScanStatus, imageScanFindings } = await describeFindings(ecr, 'basic/debian');
    assert.deepEqual(imageScanStatus, { status: 'COMPLETE', description: 'The scan was completed successfully.' });
    assert.deepEqual(imageScanFindings!.findingSeverityCounts, { CRITICAL: 1, MEDIUM: 1 });
    assert.equal(imageScanFindings!.vulnerabilitySourceUpdatedAt!.getTime(), firstUpdate);
    const [first, second] = imageScanFindings!.findings!;
    assert.deepEqual(first, {
      name: 'CVE-2024-0001',
      description: 'A longer text about glibc.',
      uri: 'https://osv.dev/vulnerability/CVE-2024-0001',
      severity: 'CRITICAL',
      attributes: [
        { key: 'package_version', value: '2.36-9+deb12u3' },
        { key: 'package_name', value: 'glibc' },
        { key: 'CVSS3_VECTOR', value: critical },
        { key: 'CVSS3_SCORE', value: '9.8' },
        { key: 'fixed_in_version', value: '2.36-9+deb12u4' },
      ],
    });
    assert.equal(second!.name, 'CVE-2024-0002');
    const { imageDetails } = await ecr.send(new DescribeImagesCommand({ repositoryName: 'basic/debian' }));
    assert.deepEqual(imageDetails![0]!.imageScanStatus, imageScanStatus);
    assert.deepEqual(imageDetails![0]!.imageScanFindingsSummary!.findingSeverityCounts, { CRITICAL: 1, MEDIUM: 1 });
  });

  test('scan on push, and an image without findings', async () => {
    await create(ecr, 'basic/push', true);
    const clean = await debianImage([{ name: 'libc6', version: '2.99-1', source: 'other' }]);
    await pushImage(ecr, 'basic/push', clean, 'v1');
    const { imageScanStatus, imageScanFindings } = await finished(ecr, 'basic/push');
    assert.equal(imageScanStatus!.status, 'COMPLETE');
    assert.deepEqual(imageScanFindings!.findings, []);
    assert.deepEqual(imageScanFindings!.findingSeverityCounts, {});
  });

  test('findings in pages', async () => {
    await create(ecr, 'basic/pages', true);
    const packages = [...glibc, { name: 'curl', version: '7.0-1' }];
    await pushImage(ecr, 'basic/pages', await debianImage(packages), 'v1');
    await finished(ecr, 'basic/pages');
    const input = { repositoryName: 'basic/pages', imageId: { imageTag: 'v1' } };
    const seen: (string | undefined)[][] = [];
    for await (const page of paginateDescribeImageScanFindings({ client: ecr, pageSize: 2 }, input)) {
      seen.push(page.imageScanFindings!.findings!.map((one) => one.name));
    }
    assert.deepEqual(seen, [['CVE-2024-0001', 'CVE-2024-0002'], ['CVE-2024-0003']]);
    for (const more of [{ nextToken: 'made up' }, { maxResults: 0 }, { maxResults: 1001 }]) {
      await assert.rejects(describeFindings(ecr, 'basic/pages', 'v1', more), { name: 'InvalidParameterException' });
    }
  });

  test('what cannot be judged is never without findings', async () => {
    await create(ecr, 'basic/odd', true);
    const scratch = imageOf([await makeLayer({ 'app/readme': 'nothing to see' })]);
    await pushImage(ecr, 'basic/odd', scratch, 'scratch');
    const unsupported = await finished(ecr, 'basic/odd', 'scratch');
    assert.deepEqual(unsupported.imageScanStatus, {
      status: 'FAILED',
      description: 'UnsupportedImageError: The operating system and/or package manager are not supported.',
    });
    assert.equal(unsupported.imageScanFindings, undefined);
    const centos = { 'etc/os-release': 'ID=centos\nVERSION_ID=7\n', 'var/lib/rpm/Packages': 'Berkeley DB' };
    const module = { 'app/node_modules/left/package.json': '{"name":"left","version":"1.0.0"}' };
    await pushImage(ecr, 'basic/odd', imageOf([await makeLayer({ ...centos, ...module })]), 'centos');
    const unread = await finished(ecr, 'basic/odd', 'centos');
    assert.equal(unread.imageScanStatus!.status, 'FAILED');
    assert.match(unread.imageScanStatus!.description!, /Berkeley DB format, which is not read/);
    const ubuntu = {
      'etc/os-release': 'ID=ubuntu\nVERSION_ID="22.04"\n',
      'var/lib/dpkg/status': 'Package: a\nVersion: 1\n',
    };
    await pushImage(ecr, 'basic/odd', imageOf([await makeLayer(ubuntu)]), 'ubuntu');
    const unknown = await finished(ecr, 'basic/odd', 'ubuntu');
    assert.equal(unknown.imageScanStatus!.status, 'FAILED');
    assert.match(unknown.imageScanStatus!.description!, /no advisories for Ubuntu:22.04:LTS/);
    await pushImage(ecr, 'basic/odd', makeImage('no archive'), 'damaged');
    const damaged = await finished(ecr, 'basic/odd', 'damaged');
    assert.equal(damaged.imageScanStatus!.status, 'FAILED');
    assert.match(damaged.imageScanStatus!.description!, /A layer of .* cannot be read/);
  });

  test('packages that the database does not cover are said', async () => {
    await create(ecr, 'basic/gaps', true);
    const module = { 'app/node_modules/left/package.json': '{"name":"left","version":"1.0.0"}' };
    const image = imageOf([await makeLayer({ ...alpineFiles([{ name: 'musl', version: '1.2.4-r2' }]), ...module })]);
    await pushImage(ecr, 'basic/gaps', image, 'v1');
    const { imageScanStatus, imageScanFindings } = await finished(ecr, 'basic/gaps');
    assert.deepEqual(imageScanFindings!.findingSeverityCounts, { CRITICAL: 1 });
    assert.match(imageScanStatus!.description!, /Left out: 1 package of npm were not judged/);
  });

  test('what is no image is not scanned', async () => {
    await create(ecr, 'basic/index', true);
    const image = await debianImage(glibc);
    await pushImage(ecr, 'basic/index', image);
    await pushImage(ecr, 'basic/index', makeIndex([image]), 'v1');
    const scan = new StartImageScanCommand({ repositoryName: 'basic/index', imageId: { imageTag: 'v1' } });
    await assert.rejects(ecr.send(scan), { name: 'UnsupportedImageTypeException' });
    await assert.rejects(describeFindings(ecr, 'basic/index'), { name: 'ScanNotFoundException' });
  });

  test('what does not exist', async () => {
    const imageId = { imageTag: 'nope' };
    const none = new StartImageScanCommand({ repositoryName: 'nope', imageId });
    await assert.rejects(ecr.send(none), { name: 'RepositoryNotFoundException' });
    await create(ecr, 'basic/empty');
    const noImage = new StartImageScanCommand({ repositoryName: 'basic/empty', imageId });
    await assert.rejects(ecr.send(noImage), { name: 'ImageNotFoundException' });
    await assert.rejects(describeFindings(ecr, 'basic/empty', 'nope'), { name: 'ImageNotFoundException' });
  });

  test('a scan goes with its image', async () => {
    await create(ecr, 'basic/gone', true);
    const image = await debianImage(glibc);
    await pushImage(ecr, 'basic/gone', image, 'v1');
    await finished(ecr, 'basic/gone');
    const imageIds = [{ imageDigest: image.digest }];
    await ecr.send(new BatchDeleteImageCommand({ repositoryName: 'basic/gone', imageIds }));
    await pushImage(ecr, 'basic/gone', image, 'v1');
    assert.equal((await finished(ecr, 'basic/gone')).imageScanStatus!.status, 'COMPLETE');
  });
});

describe('rules of the registry', () => {
  const putRules = (
    client: ECRClient,
    scanType: 'BASIC' | 'ENHANCED',
    scanFrequency: 'SCAN_ON_PUSH' | 'CONTINUOUS_SCAN',
    filter: string,
  ) =>
    client.send(
      new PutRegistryScanningConfigurationCommand({
        scanType,
        rules: [{ scanFrequency, repositoryFilters: [{ filter, filterType: 'WILDCARD' }] }],
      }),
    );

  test('basic: repositories that a filter chooses are scanned on push', async () => {
    const client = plane.ecr({ region: 'eu-west-1' });
    await putRules(client, 'BASIC', 'SCAN_ON_PUSH', 'prod-*');
    await create(client, 'prod-app');
    await create(client, 'dev-app', true);
    const image = await debianImage(glibc);
    for (const name of ['prod-app', 'dev-app']) await pushImage(client, name, image, 'v1');
    assert.equal((await finished(client, 'prod-app')).imageScanStatus!.status, 'COMPLETE');
    await assert.rejects(describeFindings(client, 'dev-app'), { name: 'ScanNotFoundException' });
  });

  test('enhanced: continuous, in its own shape, again when the database changes', async () => {
    const client = plane.ecr({ region: 'eu-central-1' });
    await create(client, 'app');
    const digest = await pushImage(
      client,
      'app',
      await debianImage([...glibc, { name: 'curl', version: '7.0-1' }]),
      'v1',
    );
    await putRules(client, 'ENHANCED', 'CONTINUOUS_SCAN', '*');
    const scan = new StartImageScanCommand({ repositoryName: 'app', imageId: { imageTag: 'v1' } });
    await assert.rejects(client.send(scan), { name: 'ValidationException', message: 'This feature is disabled' });
    const scanned = await until('the image that was there is scanned', 30_000, async () => {
      const answer = await describeFindings(client, 'app').catch(() => undefined);
      return answer?.imageScanStatus?.status === 'ACTIVE' && answer;
    });
    assert.equal(scanned.imageScanStatus!.description, 'Continuous scan is selected for image.');
    const { enhancedFindings, findings, findingSeverityCounts } = scanned.imageScanFindings!;
    assert.equal(findings, undefined);
    assert.deepEqual(findingSeverityCounts, { CRITICAL: 1, MEDIUM: 1, UNTRIAGED: 1 });
    const [worst, , unrated] = enhancedFindings!;
    assert.equal(worst!.title, 'CVE-2024-0001 - libc6, libc-bin');
    assert.match(worst!.findingArn!, /^arn:aws:inspector2:eu-central-1:123456789012:finding\/[0-9a-f]{32}$/);
    assert.equal(worst!.fixAvailable, 'YES');
    assert.equal(worst!.scoreDetails!.cvss!.score, 9.8);
    const details = worst!.packageVulnerabilityDetails!;
    assert.equal(details.vulnerabilityId, 'CVE-2024-0001');
    const { sourceLayerHash, ...libc } = details.vulnerablePackages![0]!;
    assert.match(sourceLayerHash!, /^sha256:/);
    assert.deepEqual(libc, {
      name: 'libc6',
      epoch: 0,
      version: '2.36',
      release: '9+deb12u3',
      arch: 'amd64',
      packageManager: 'OS',
      fixedInVersion: '2.36-9+deb12u4',
    });
    assert.deepEqual(worst!.resources![0]!.details!.awsEcrContainerImage!.imageTags, ['v1']);
    assert.equal(worst!.resources![0]!.id, `arn:aws:ecr:eu-central-1:123456789012:repository/app/${digest}`);
    assert.equal(unrated!.severity, 'UNTRIAGED');

    const newer = [...advisories, advisoryOf('CVE-2026-0005', 'Debian:12', 'curl', '9.0-1', critical)];
    await installAdvisories(dataDir, newer, firstUpdate + 1);
    const again = await until('the image is scanned again', 30_000, async () => {
      const answer = await describeFindings(client, 'app');
      return answer.imageScanFindings?.findingSeverityCounts?.CRITICAL === 2 && answer;
    });
    const kept = again.imageScanFindings!.enhancedFindings!.find((one) => one.findingArn === worst!.findingArn)!;
    assert.deepEqual(kept.firstObservedAt, worst!.firstObservedAt);
    assert.ok(kept.lastObservedAt! > worst!.lastObservedAt!);
  });

  test('enhanced: on push only', async () => {
    const client = plane.ecr({ region: 'ap-south-1' });
    await putRules(client, 'ENHANCED', 'SCAN_ON_PUSH', '*');
    await create(client, 'app');
    const imageDigest = await pushImage(client, 'app', await debianImage(glibc), 'v1');
    const { imageScanStatus, imageScanFindings } = await finished(client, 'app');
    assert.equal(imageScanStatus!.status, 'COMPLETE');
    assert.equal(imageScanFindings!.enhancedFindings!.length, 2);
    const inUseCount = async () => {
      const { imageScanFindings: found } = await describeFindings(client, 'app');
      return found!.enhancedFindings![0]!.resources![0]!.details!.awsEcrContainerImage!.inUseCount;
    };
    assert.equal(await inUseCount(), 0);
    const image = `localhost:4566/${plane.account}.ap-south-1/app:v1`;
    const containerDefinitions = [{ name: 'app', image, cpu: 128, memory: 64, essential: true }];
    const definition = taskDefinitionRow({ family: 'scanned', containerDefinitions });
    const running = taskRow({ taskDefinitionArn: definition.arn, lastStatus: 'RUNNING' });
    const containers = running.containers.map((one) => ({ ...one, image, imageDigest }));
    plane.store.transact((tx) => {
      tx.put(taskDefinitions, definition);
      tx.put(tasks, { ...running, containers });
    });
    assert.equal(await inUseCount(), 1);
    const scratch = imageOf([await makeLayer({ 'app/readme': 'nothing to see' })]);
    await pushImage(client, 'app', scratch, 'scratch');
    assert.equal((await finished(client, 'app', 'scratch')).imageScanStatus!.status, 'UNSUPPORTED_IMAGE');
  });
});

/** Every change of ECR's rows is one event in AWS's shape, kept in its account's and region's sequence; use is counted. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  type ECRClient,
  GetAuthorizationTokenCommand,
  PutImageCommand,
  PutReplicationConfigurationCommand,
  UpdateImageStorageClassCommand,
} from '@aws-sdk/client-ecr';
import { registryUsageArn } from '#images/usage.ts';
import type { ImageScanRow } from '#model/image-scan.ts';
import { imageScans, pullThroughCacheRules } from '#store/tables/ecr.ts';
import { startTestControlPlane, type TestControlPlane, testRegion } from '../../support/control-plane.ts';
import { makeImage, manifestType, pushImage, sha256 } from '../../support/images.ts';

let plane: TestControlPlane;
let ecr: ECRClient;

before(async () => {
  plane = await startTestControlPlane();
  ecr = plane.ecr();
});
after(() => plane.close());

const arnOf = (name: string, region = testRegion) => `arn:aws:ecr:${region}:${plane.account}:repository/${name}`;

/** What came after `afterId`, and where the next begins. */
async function eventsAfter(afterId: number, region = testRegion) {
  await plane.store.durable();
  const found = await plane.events.read({ account: plane.account, region }, { limit: 100, afterId });
  return { events: found.map(({ event }) => event), lastId: found.at(-1)?.id ?? afterId };
}

let lastId = 0;
/** The events that `work` makes: detail type and detail. */
async function eventsOf(work: () => Promise<unknown>) {
  ({ lastId } = await eventsAfter(lastId));
  await work();
  const { events } = await eventsAfter(lastId);
  for (const event of events) {
    assert.match(event.id, /^[0-9a-f-]{36}$/);
    assert.match(event.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.deepEqual([event.version, event.account, event.region], ['0', plane.account, testRegion]);
  }
  return events.map((event) => [event['detail-type'], event.detail]);
}

const create = (repositoryName: string) => ecr.send(new CreateRepositoryCommand({ repositoryName }));

describe('events of ECR', () => {
  it('tell of pushes, moves, deletions and storage classes, each once', async () => {
    assert.deepEqual(await eventsOf(() => create('app')), []);
    const [one, two] = [makeImage('one'), makeImage('two')];
    const action = (type: string, image: { digest: string }, tag?: string, more = {}) => [
      'ECR Image Action',
      {
        result: 'SUCCESS',
        'repository-name': 'app',
        'image-digest': image.digest,
        ...(tag !== undefined && { 'image-tag': tag }),
        'action-type': type,
        ...more,
      },
    ];
    assert.deepEqual(await eventsOf(() => pushImage(ecr, 'app', one, '1')), [action('PUSH', one, '1')]);
    assert.deepEqual(await eventsOf(() => pushImage(ecr, 'app', two)), [action('PUSH', two)]);
    const retag = (imageTag: string) =>
      ecr.send(new PutImageCommand({ repositoryName: 'app', imageManifest: two.manifest, imageTag }));
    assert.deepEqual(await eventsOf(() => retag('1')), [action('PUSH', two, '1')]);
    assert.deepEqual(await eventsOf(() => retag('2')), [action('PUSH', two, '2')]);
    assert.deepEqual(await eventsOf(() => assert.rejects(retag('2'), { name: 'ImageAlreadyExistsException' })), []);

    const remove = (imageId: { imageTag?: string; imageDigest?: string }) =>
      ecr.send(new BatchDeleteImageCommand({ repositoryName: 'app', imageIds: [imageId] }));
    assert.deepEqual(await eventsOf(() => remove({ imageTag: '2' })), [action('DELETE', two, '2')]);
    const store = (targetStorageClass: 'ARCHIVE' | 'STANDARD') =>
      ecr.send(
        new UpdateImageStorageClassCommand({
          repositoryName: 'app',
          imageId: { imageDigest: one.digest },
          targetStorageClass,
        }),
      );
    const types = {
      'manifest-media-type': manifestType,
      'artifact-media-type': 'application/vnd.oci.image.config.v1+json',
    };
    const archived = { 'target-storage-class': 'ARCHIVE', ...types };
    assert.deepEqual(await eventsOf(() => store('ARCHIVE')), [
      action('UPDATE_STORAGE_CLASS', one, undefined, archived),
    ]);
    const [[, restored]] = (await eventsOf(() => store('STANDARD'))) as [[string, Record<string, string>]];
    assert.equal(restored['target-storage-class'], 'STANDARD');
    assert.ok(Math.abs(Date.parse(restored['last-activated-at']!) - Date.now()) < 60_000);
    assert.deepEqual(await eventsOf(() => remove({ imageDigest: two.digest })), [action('DELETE', two, '1')]);
    const force = () => ecr.send(new DeleteRepositoryCommand({ repositoryName: 'app', force: true }));
    assert.deepEqual(await eventsOf(force), [action('DELETE', one)]);
  });

  it('tell referrers apart', async () => {
    await create('signed');
    const image = makeImage('signed');
    await pushImage(ecr, 'signed', image, '1');
    const subject = { mediaType: manifestType, digest: image.digest, size: image.manifest.length };
    const sbom = makeImage('sbom', { subject, artifactType: 'text/sbom+json' });
    const [event, ...others] = await eventsOf(() => pushImage(ecr, 'signed', sbom));
    assert.deepEqual(others, []);
    assert.deepEqual(event, [
      'ECR Referrer Action',
      {
        result: 'SUCCESS',
        'repository-name': 'signed',
        'image-digest': sbom.digest,
        'action-type': 'PUSH',
        'manifest-media-type': manifestType,
        'artifact-media-type': 'text/sbom+json',
      },
    ]);
  });

  it('tell what a pull-through cache has brought', async () => {
    await create('hub/alpine');
    const { account, store } = plane;
    const rule = { prefix: 'hub', upstreamRegistryUrl: 'quay.io', createdAt: 0, updatedAt: 0 };
    const key = `${account}/${testRegion}/hub`;
    store.transact((tx) => tx.insert(pullThroughCacheRules, { key, account, region: testRegion, ...rule }));
    const image = makeImage('cached');
    const events = await eventsOf(() => pushImage(ecr, 'hub/alpine', image, '3'));
    assert.deepEqual(events, [
      [
        'ECR Pull Through Cache Action',
        {
          'rule-version': '1',
          'sync-status': 'SUCCESS',
          'ecr-repository-prefix': 'hub',
          'upstream-registry-url': 'quay.io',
          'repository-name': 'hub/alpine',
          'image-digest': image.digest,
          'image-tag': '3',
        },
      ],
    ]);
  });

  it('tell of replication where it has arrived, and nothing else there', async () => {
    const destination = { region: 'eu-west-1', registryId: plane.account };
    const rules = [
      { destinations: [destination], repositoryFilters: [{ filter: 'far', filterType: 'PREFIX_MATCH' as const }] },
    ];
    await ecr.send(new PutReplicationConfigurationCommand({ replicationConfiguration: { rules } }));
    await create('far/app');
    const image = makeImage('far');
    const pushed = await eventsOf(() => pushImage(ecr, 'far/app', image, '1'));
    assert.deepEqual(
      pushed.map(([type]) => type),
      ['ECR Image Action'],
    );
    const deadline = Date.now() + 10_000;
    let arrived = await eventsAfter(0, 'eu-west-1');
    while (arrived.events.length === 0 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      arrived = await eventsAfter(0, 'eu-west-1');
    }
    assert.deepEqual(
      arrived.events.map((event) => [event['detail-type'], event.resources, event.detail]),
      [
        [
          'ECR Replication Action',
          [arnOf('far/app', 'eu-west-1')],
          {
            result: 'SUCCESS',
            'repository-name': 'far/app',
            'image-digest': image.digest,
            'source-account': plane.account,
            'action-type': 'REPLICATE',
            'source-region': testRegion,
            'image-tag': '1',
          },
        ],
      ],
    );
  });

  it('tell of scans that have ended', async () => {
    await create('scanned');
    const image = makeImage('scanned');
    await pushImage(ecr, 'scanned', image, '1');
    const { store } = plane;
    const repositoryArn = arnOf('scanned');
    const asked: ImageScanRow = {
      key: `${repositoryArn}@${image.digest}`,
      repositoryArn,
      digest: image.digest,
      scanType: 'BASIC',
      generation: 1,
      requestedAt: 1,
      recentRequests: [],
      attempts: 0,
    };
    const put = (row: Partial<ImageScanRow>) => async () =>
      store.transact((tx) => tx.put(imageScans, { ...asked, ...row }));
    assert.deepEqual(await eventsOf(put({})), []);
    const detail = { 'repository-name': 'scanned', 'image-digest': image.digest, 'image-tags': ['1'] };
    const failure = { kind: 'FAILED' as const, reason: 'no scanner', at: 2, source: '' };
    assert.deepEqual(await eventsOf(put({ failure })), [
      ['ECR Image Scan', { 'scan-status': 'FAILED', 'finding-severity-counts': {}, ...detail }],
    ]);
    const counts = { CRITICAL: 2, LOW: 1 };
    const result = { completedAt: 3, engine: 'slipway' as const, source: 's', counts, findings: 'f', gaps: [] };
    assert.deepEqual(await eventsOf(put({ result })), [
      ['ECR Image Scan', { 'scan-status': 'COMPLETE', 'finding-severity-counts': counts, ...detail }],
    ]);
    assert.deepEqual(await eventsOf(put({ result, generation: 2 })), []);
  });
});

describe('use of ECR', () => {
  it('is counted by repository and by registry', async () => {
    await create('counted');
    const image = makeImage('counted');
    await pushImage(ecr, 'counted', image, '1');
    await ecr.send(new GetAuthorizationTokenCommand({}));
    const pull = new BatchGetImageCommand({ repositoryName: 'counted', imageIds: [{ imageTag: '1' }] });
    for (let i = 0; i < 3; i++) await ecr.send(pull);
    const { accessKeyId, secretAccessKey } = plane.administrator;
    const authorization = `Basic ${Buffer.from(`${accessKeyId}:${secretAccessKey}`).toString('base64')}`;
    for (let i = 0; i < 4; i++) {
      const answer = await fetch(`${plane.endpoint}/v2/counted/manifests/1`, { headers: { authorization } });
      assert.equal(sha256(Buffer.from(await answer.arrayBuffer())), image.digest);
    }
    const sums = async (arn: string) => {
      const points = await plane.metrics.read(arn, { fromMs: Date.now() - 3_600_000, toMs: Date.now() + 60_000 });
      const found: Record<string, number> = {};
      for (const { name, sum } of points) found[name] = (found[name] ?? 0) + sum;
      return found;
    };
    const deadline = Date.now() + 30_000;
    while ((await sums(arnOf('counted')))['RepositoryPullCount'] !== 7) {
      assert.ok(Date.now() < deadline, JSON.stringify(await sums(arnOf('counted'))));
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    assert.equal((await sums(arnOf('counted')))['RepositoryPushCount'], 1);
    const registry = await sums(registryUsageArn({ account: plane.account, region: testRegion }));
    assert.ok(registry['AuthenticationCount']! >= 2);
  });
});

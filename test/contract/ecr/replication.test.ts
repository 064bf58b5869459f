/** Replication between registries that are held here: status, permissions, templates, backfills. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  BatchDeleteImageCommand,
  CreateRepositoryCommand,
  CreateRepositoryCreationTemplateCommand,
  DescribeImageReplicationStatusCommand,
  DescribeImagesCommand,
  DescribeReplicationBackfillResultsCommand,
  DescribeRepositoriesCommand,
  type ECRClient,
  ListReplicationBackfillsCommand,
  PutRegistryPolicyCommand,
  PutReplicationConfigurationCommand,
  StartReplicationBackfillCommand,
  StopReplicationBackfillCommand,
} from '@aws-sdk/client-ecr';
import { GetRoleCommand } from '@aws-sdk/client-iam';
import { startTestControlPlane, type TestControlPlane, testAccount } from '../../support/control-plane.ts';
import { makeAccount, policy } from '../../support/identities.ts';
import { makeImage, makeIndex, pushImage } from '../../support/images.ts';
import { until } from '../../support/slipway-process.ts';

const [there, elsewhere, other] = ['eu-west-1', 'ap-south-1', '111122223333'];
let plane: TestControlPlane;
let ecr: ECRClient;
let inRegion: ECRClient;
let inAccount: ECRClient;

before(async () => {
  plane = await startTestControlPlane();
  ecr = plane.ecr();
  inRegion = plane.ecr({ region: there! });
  inAccount = plane.ecr({ credentials: makeAccount(plane, other!).credentials });
});
after(() => plane.close());

const create = (repositoryName: string, client = ecr) => client.send(new CreateRepositoryCommand({ repositoryName }));
const replicateTo = (...destinations: { region: string; registryId: string; filter?: string }[]) =>
  ecr.send(
    new PutReplicationConfigurationCommand({
      replicationConfiguration: {
        rules: destinations.map(({ region, registryId, filter }) => ({
          destinations: [{ region, registryId }],
          ...(filter !== undefined && { repositoryFilters: [{ filter, filterType: 'PREFIX_MATCH' as const }] }),
        })),
      },
    }),
  );
const statusOf = async (repositoryName: string, imageTag: string) => {
  const answer = await ecr.send(new DescribeImageReplicationStatusCommand({ repositoryName, imageId: { imageTag } }));
  return answer.replicationStatuses!;
};
const settled = async (repositoryName: string, imageTag: string) => {
  let statuses = await statusOf(repositoryName, imageTag);
  await until(`${repositoryName}:${imageTag} is settled`, 10_000, async () => {
    statuses = await statusOf(repositoryName, imageTag);
    return statuses.length > 0 && statuses.every((one) => one.status !== 'IN_PROGRESS');
  });
  return statuses;
};
const imagesOf = async (client: ECRClient, repositoryName: string) =>
  (await client.send(new DescribeImagesCommand({ repositoryName }))).imageDetails!;

describe('across regions', () => {
  test('a push arrives with its repository, tags move, deletes do not', async () => {
    await create('early');
    await pushImage(ecr, 'early', makeImage('before the rule'), 'v0');
    await replicateTo({ region: there!, registryId: testAccount });
    const roleName = 'AWSServiceRoleForECRReplication';
    assert.equal((await plane.iam().send(new GetRoleCommand({ RoleName: roleName }))).Role!.RoleName, roleName);
    await create('app');
    const [first, second] = [makeImage('first'), makeImage('second')];
    await pushImage(ecr, 'app', first, 'v1');
    const expected = [{ region: there, registryId: testAccount, status: 'COMPLETE' }];
    assert.deepEqual(await settled('app', 'v1'), expected);
    const [image] = await imagesOf(inRegion, 'app');
    assert.equal(image!.imageDigest, first.digest);
    assert.deepEqual(image!.imageTags, ['v1']);

    await pushImage(ecr, 'app', second, 'v1');
    await settled('app', 'v1');
    await until('the tag has moved', 10_000, async () =>
      (await imagesOf(inRegion, 'app')).some(
        (one) => one.imageDigest === second.digest && one.imageTags?.includes('v1'),
      ),
    );
    const imageIds = [{ imageDigest: first.digest }, { imageDigest: second.digest }];
    await ecr.send(new BatchDeleteImageCommand({ repositoryName: 'app', imageIds }));
    assert.equal((await imagesOf(inRegion, 'app')).length, 2);
    await assert.rejects(imagesOf(inRegion, 'early'), { name: 'RepositoryNotFoundException' });
    assert.deepEqual(await statusOf('early', 'v0'), []);
  });

  test('an index brings its images, and what arrives is not replicated on', async () => {
    await inRegion.send(
      new PutReplicationConfigurationCommand({
        replicationConfiguration: { rules: [{ destinations: [{ region: elsewhere!, registryId: testAccount }] }] },
      }),
    );
    await create('multi');
    const children = [makeImage('amd64'), makeImage('arm64')];
    for (const child of children) await pushImage(ecr, 'multi', child);
    const index = makeIndex(children);
    await pushImage(ecr, 'multi', index, 'v1');
    await settled('multi', 'v1');
    const digests = (await imagesOf(inRegion, 'multi')).map((one) => one.imageDigest);
    assert.deepEqual(new Set(digests), new Set([index.digest, ...children.map((child) => child.digest)]));
    await assert.rejects(imagesOf(plane.ecr({ region: elsewhere! }), 'multi'), { name: 'RepositoryNotFoundException' });
  });

  test('indexes that list the same indexes again and again are copied once each', async () => {
    await create('nested');
    let image = makeImage('at the bottom');
    await pushImage(ecr, 'nested', image);
    for (let level = 0; level < 12; level++) {
      image = makeIndex(Array.from({ length: 8 }, () => image));
      await pushImage(ecr, 'nested', image, level === 11 ? 'v1' : undefined);
    }
    assert.equal((await settled('nested', 'v1'))[0]!.status, 'COMPLETE');
    assert.equal((await imagesOf(inRegion, 'nested')).length, 13);
  });

  test('repositories come from a template, and filters choose', async () => {
    await inRegion.send(
      new CreateRepositoryCreationTemplateCommand({
        prefix: 'team',
        appliedFor: ['REPLICATION'],
        imageTagMutability: 'IMMUTABLE',
        resourceTags: [{ Key: 'made', Value: 'by template' }],
      }),
    );
    await replicateTo({ region: there!, registryId: testAccount, filter: 'team/' });
    for (const name of ['team/app', 'private']) {
      await create(name);
      await pushImage(ecr, name, makeImage(name), 'v1');
    }
    await settled('team/app', 'v1');
    const { repositories } = await inRegion.send(new DescribeRepositoriesCommand({ repositoryNames: ['team/app'] }));
    assert.equal(repositories![0]!.imageTagMutability, 'IMMUTABLE');
    assert.deepEqual(await statusOf('private', 'v1'), []);
    const next = makeImage('next');
    await pushImage(ecr, 'team/app', next, 'v1');
    await settled('team/app', 'v1');
    const arrived = (await imagesOf(inRegion, 'team/app')).find((one) => one.imageDigest === next.digest);
    assert.equal(arrived!.imageTags, undefined, 'an immutable tag stays, the image comes without it');
  });
});

describe('across accounts', () => {
  test('needs the permission of the other registry', async () => {
    await replicateTo({ region: 'us-east-1', registryId: other! });
    await create('shared');
    await pushImage(ecr, 'shared', makeImage('shared 1'), 'v1');
    assert.deepEqual(await settled('shared', 'v1'), [
      { region: 'us-east-1', registryId: other, status: 'FAILED', failureCode: 'AccessDenied' },
    ]);
    const permit = (...actions: string[]) =>
      inAccount.send(
        new PutRegistryPolicyCommand({
          policyText: policy({
            Sid: 'replication',
            Effect: 'Allow',
            Principal: { AWS: `arn:aws:iam::${testAccount}:root` },
            Action: actions,
            Resource: `arn:aws:ecr:us-east-1:${other}:repository/*`,
          }),
        }),
      );
    await permit('ecr:ReplicateImage');
    await pushImage(ecr, 'shared', makeImage('shared 2'), 'v2');
    assert.equal((await settled('shared', 'v2'))[0]!.failureCode, 'RepositoryNotFound');
    await permit('ecr:ReplicateImage', 'ecr:CreateRepository');
    await pushImage(ecr, 'shared', makeImage('shared 3'), 'v3');
    assert.equal((await settled('shared', 'v3'))[0]!.status, 'COMPLETE');
    assert.equal((await imagesOf(inAccount, 'shared')).length, 1);
  });

  test('says so when nobody holds the account', async () => {
    await replicateTo({ region: 'us-east-1', registryId: '999999999999' });
    await create('nowhere');
    await pushImage(ecr, 'nowhere', makeImage('nowhere'), 'v1');
    assert.equal((await settled('nowhere', 'v1'))[0]!.failureCode, 'RegistryNotFound');
  });

  test('images and repositories that do not exist', async () => {
    const ask = (repositoryName: string) => statusOf(repositoryName, 'none');
    await assert.rejects(ask('unheard-of'), { name: 'RepositoryNotFoundException' });
    await assert.rejects(ask('nowhere'), { name: 'ImageNotFoundException' });
  });
});

describe('backfills', () => {
  const destination = { region: 'us-west-2', registryId: testAccount };
  const west = () => plane.ecr({ region: 'us-west-2' });
  const start = () => ecr.send(new StartReplicationBackfillCommand({ destination }));
  const results = (replicationBackfillId: string, more = {}) =>
    ecr.send(new DescribeReplicationBackfillResultsCommand({ replicationBackfillId, ...more }));
  const over = async (id: string) => {
    await until('the backfill is over', 15_000, async () => (await results(id)).endedAt !== undefined);
    return results(id);
  };

  test('bring what was there before, one result for each tag', async () => {
    await replicateTo();
    await assert.rejects(start(), { name: 'InvalidParameterException' });
    await create('old/one');
    await create('other/two');
    const image = makeImage('old');
    await pushImage(ecr, 'old/one', image, 'a');
    await pushImage(ecr, 'old/one', image, 'b');
    await pushImage(ecr, 'old/one', makeImage('untagged'));
    await pushImage(ecr, 'other/two', makeImage('not chosen'), 'a');
    await replicateTo({ ...destination, filter: 'old/' });
    const started = await start();
    assert.equal(started.status, 'PREPARING');
    assert.equal(started.registryId, testAccount);
    const done = await over(started.replicationBackfillId!);
    assert.equal(done.status, 'COMPLETE');
    assert.deepEqual(done.progress, {
      totalReplicationCount: 3,
      completedReplicationCount: 3,
      failedReplicationCount: 0,
      failureCodes: [],
    });
    assert.deepEqual(new Set(done.results!.map((one) => one.imageId!.imageTag)), new Set(['a', 'b', undefined]));
    assert.equal((await imagesOf(west(), 'old/one')).length, 2);
    await assert.rejects(imagesOf(west(), 'other/two'), { name: 'RepositoryNotFoundException' });
    const page = await results(started.replicationBackfillId!, { maxResults: 2, resultStatusFilter: 'COMPLETE' });
    assert.equal(page.results!.length, 2);
    const rest = await results(started.replicationBackfillId!, {
      nextToken: page.nextToken,
      resultStatusFilter: 'COMPLETE',
    });
    assert.equal(rest.results!.length, 1);
    const { backfills } = await ecr.send(new ListReplicationBackfillsCommand({}));
    assert.deepEqual(
      backfills!.map((one) => one.status),
      ['COMPLETE'],
    );
    const stop = new StopReplicationBackfillCommand({ replicationBackfillId: started.replicationBackfillId! });
    await assert.rejects(ecr.send(stop), { name: 'ReplicationBackfillInvalidStatusException' });
    await assert.rejects(results('none'), { name: 'ReplicationBackfillNotFoundException' });
  });

  test('tell why images failed, and go one at a time to a region', async () => {
    const denied = { region: 'us-west-1', registryId: other! };
    await replicateTo({ ...denied, filter: 'old/' });
    const to = new StartReplicationBackfillCommand({ destination: denied });
    const started = await ecr.send(to);
    const second = await ecr.send(to).catch((error: Error) => error.name);
    assert.equal(second, 'ReplicationBackfillInProgressException');
    const done = await over(started.replicationBackfillId!);
    assert.equal(done.progress!.failedReplicationCount, 3);
    assert.deepEqual(done.progress!.failureCodes, ['AccessDenied']);
    assert.ok(done.results!.every((one) => one.failureCode === 'AccessDenied'));
  });

  test('can be stopped', async () => {
    await replicateTo({ ...destination, filter: 'old/' });
    const { replicationBackfillId } = await start();
    const stopped = await ecr.send(
      new StopReplicationBackfillCommand({ replicationBackfillId: replicationBackfillId! }),
    );
    assert.equal(stopped.status, 'STOPPING');
    assert.equal((await over(replicationBackfillId!)).status, 'STOPPED');
  });
});

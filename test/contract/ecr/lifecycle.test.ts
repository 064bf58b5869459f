import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CreateRepositoryCommand,
  DeleteLifecyclePolicyCommand,
  DescribeImagesCommand,
  type ECRClient,
  GetLifecyclePolicyCommand,
  GetLifecyclePolicyPreviewCommand,
  PutLifecyclePolicyCommand,
  StartLifecyclePolicyPreviewCommand,
  waitUntilLifecyclePolicyPreviewComplete,
} from '@aws-sdk/client-ecr';
import { RegisterTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import { makeImage, pushImage } from '../../support/images.ts';

let plane: TestControlPlane;
let ecr: ECRClient;

before(async () => {
  plane = await startTestControlPlane();
  ecr = plane.ecr();
});
after(() => plane.close());

const create = (repositoryName: string, tags: Record<string, string> = {}) => {
  const list = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  return ecr.send(new CreateRepositoryCommand({ repositoryName, tags: list }));
};
const keep = (countNumber: number) =>
  JSON.stringify({
    rules: [
      {
        rulePriority: 1,
        selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber },
        action: { type: 'expire' },
      },
    ],
  });
const putPolicy = (repositoryName: string, lifecyclePolicyText: string) =>
  ecr.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText }));

async function tagsLeft(repositoryName: string): Promise<string[]> {
  const { imageDetails } = await ecr.send(new DescribeImagesCommand({ repositoryName }));
  return imageDetails!.flatMap((image) => image.imageTags ?? []).sort();
}

async function until(check: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await check())) {
    if (Date.now() > deadline) assert.fail(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('policies are put, got and deleted as they are', async () => {
  await create('policy');
  const repositoryName = 'policy';
  const notFound = {
    name: 'LifecyclePolicyNotFoundException',
    message:
      "Lifecycle policy does not exist for the repository with name 'policy' in the registry with id '123456789012'",
  };
  await assert.rejects(ecr.send(new GetLifecyclePolicyCommand({ repositoryName })), notFound);
  const text = keep(1000);
  assert.equal((await putPolicy('policy', text)).lifecyclePolicyText, text);
  const got = await ecr.send(new GetLifecyclePolicyCommand({ repositoryName }));
  assert.equal(got.lifecyclePolicyText, text);
  const deleted = await ecr.send(new DeleteLifecyclePolicyCommand({ repositoryName }));
  assert.equal(deleted.lifecyclePolicyText, text);
  assert.ok(got.lastEvaluatedAt instanceof Date && deleted.lastEvaluatedAt instanceof Date);
  await assert.rejects(ecr.send(new DeleteLifecyclePolicyCommand({ repositoryName })), notFound);
});

test('a policy that is none', async () => {
  await create('malformed');
  const at =
    "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation failure: ";
  await assert.rejects(putPolicy('malformed', 'nonsense'), {
    name: 'InvalidParameterException',
    message: `${at}Could not map policyString into LifecyclePolicy.'`,
  });
  await assert.rejects(putPolicy('malformed', keep(0)), {
    message: `${at}numeric instance is lower than the required minimum (minimum: 1, found: 0)'`,
  });
});

test('a preview does nothing and tells all', async () => {
  await create('preview');
  const repositoryName = 'preview';
  const get = (more = {}) => ecr.send(new GetLifecyclePolicyPreviewCommand({ repositoryName, ...more }));
  await assert.rejects(get(), { name: 'LifecyclePolicyPreviewNotFoundException' });
  const started = ecr.send(new StartLifecyclePolicyPreviewCommand({ repositoryName }));
  await assert.rejects(started, { name: 'LifecyclePolicyNotFoundException' });
  for (let n = 0; n < 4; n++) await pushImage(ecr, repositoryName, makeImage(`preview ${n}`), `v${n}`);
  const lifecyclePolicyText = keep(1);
  const { status } = await ecr.send(new StartLifecyclePolicyPreviewCommand({ repositoryName, lifecyclePolicyText }));
  assert.equal(status, 'IN_PROGRESS');
  await waitUntilLifecyclePolicyPreviewComplete({ client: ecr, maxWaitTime: 10 }, { repositoryName });
  const preview = await get();
  assert.deepEqual(preview.summary, { expiringImageTotalCount: 3 });
  assert.deepEqual(
    preview.previewResults!.map((one) => one.imageTags![0]),
    ['v0', 'v1', 'v2'],
  );
  assert.deepEqual(preview.previewResults![0]!.action, { type: 'EXPIRE' });
  assert.equal(preview.previewResults![0]!.appliedRulePriority, 1);
  const first = await get({ maxResults: 2 });
  const second = await get({ maxResults: 2, nextToken: first.nextToken });
  assert.equal(first.previewResults!.length + second.previewResults!.length, 3);
  assert.equal((await get({ filter: { tagStatus: 'UNTAGGED' } })).previewResults!.length, 0);
  assert.equal((await get({ imageIds: [{ imageTag: 'v1' }] })).previewResults!.length, 1);
  assert.equal((await tagsLeft('preview')).length, 4);
});

test('a policy acts by itself', async () => {
  await create('acting');
  for (let n = 0; n < 3; n++) await pushImage(ecr, 'acting', makeImage(`acting ${n}`), `v${n}`);
  await putPolicy('acting', keep(1));
  await until(async () => (await tagsLeft('acting')).length === 1, 'two images expire');
  assert.deepEqual(await tagsLeft('acting'), ['v2']);
  const got = await ecr.send(new GetLifecyclePolicyCommand({ repositoryName: 'acting' }));
  assert.ok(got.lastEvaluatedAt instanceof Date);
});

test('what a task definition uses stays, where the repository asks for it', async () => {
  const { repository } = await create('in-use', { 'slipway:keep-images-in-use': 'true' });
  for (let n = 0; n < 4; n++) await pushImage(ecr, 'in-use', makeImage(`in use ${n}`), `v${n}`);
  const digest = makeImage('in use 1').digest;
  const register = (family: string, image: string) =>
    plane
      .ecs()
      .send(new RegisterTaskDefinitionCommand({ family, containerDefinitions: [{ name: 'c', image, memory: 64 }] }));
  await register('by-tag', `${repository!.repositoryUri}:v0`);
  await register('by-digest', `123456789012.dkr.ecr.us-east-1.amazonaws.com/in-use@${digest}`);
  await putPolicy('in-use', keep(1));
  await until(async () => (await tagsLeft('in-use')).length === 3, 'what is not in use expires');
  assert.deepEqual(await tagsLeft('in-use'), ['v0', 'v1', 'v3']);
});

test('expiring by the last pull is for repositories that ask for it', async () => {
  const text = JSON.stringify({
    rules: [
      {
        rulePriority: 1,
        selection: { tagStatus: 'any', countType: 'sinceImagePulled', countUnit: 'days', countNumber: 30 },
        action: { type: 'expire' },
      },
    ],
  });
  await create('plain');
  await assert.rejects(putPolicy('plain', text), { name: 'InvalidParameterException' });
  await create('by-pull', { 'slipway:expire-by-last-pull': 'true' });
  assert.equal((await putPolicy('by-pull', text)).lifecyclePolicyText, text);
});

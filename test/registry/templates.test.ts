/** Repository creation templates as a push meets them: which one counts, and who makes the repository. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import {
  CreateRepositoryCreationTemplateCommand,
  DescribeRepositoriesCommand,
  GetLifecyclePolicyCommand,
  GetRepositoryPolicyCommand,
} from '@aws-sdk/client-ecr';
import { CreateKeyCommand, DisableKeyCommand } from '@aws-sdk/client-kms';
import { allow, makeRole, policy, trusting } from '../support/identities.ts';
import { makeImage, pushImage, startTestRegistry, type TestRegistry } from './client.ts';

let registry: TestRegistry;

before(async () => {
  registry = await startTestRegistry({ registry: { createOnPush: false } });
});
after(() => registry.close());

const template = (prefix: string, more: object = {}) =>
  registry.ecr().send(new CreateRepositoryCreationTemplateCommand({ prefix, appliedFor: ['CREATE_ON_PUSH'], ...more }));
const push = async (name: string) => {
  const started = await registry.client('POST', `/v2/${name}/blobs/uploads/`);
  return started.status === 202 ? (await pushImage(registry.client, name, 'v1', makeImage())).status : started.status;
};
const described = async (name: string) => {
  const { repositories } = await registry.ecr().send(new DescribeRepositoriesCommand({ repositoryNames: [name] }));
  return repositories![0]!;
};

it('no template, no repository; one for another cause is none', async () => {
  assert.equal(await push('none/app'), 404);
  await template('cached', { appliedFor: ['PULL_THROUGH_CACHE', 'REPLICATION'] });
  assert.equal(await push('cached/app'), 404);
});

it('the longest prefix counts, with all that it says', async () => {
  const { KeyMetadata } = await registry.kms().send(new CreateKeyCommand({}));
  const repositoryPolicy = policy({ Effect: 'Allow', Principal: '*', Action: 'ecr:BatchGetImage' });
  const selection = { tagStatus: 'untagged', countType: 'imageCountMoreThan', countNumber: 3 };
  const lifecyclePolicy = JSON.stringify({ rules: [{ rulePriority: 1, selection, action: { type: 'expire' } }] });
  await template('team', { imageTagMutability: 'IMMUTABLE' });
  await template('team/inner', {
    imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
    imageTagMutabilityExclusionFilters: [{ filter: 'latest', filterType: 'WILDCARD' }],
    encryptionConfiguration: { encryptionType: 'KMS', kmsKey: KeyMetadata!.KeyId },
    resourceTags: [{ Key: 'owner', Value: 'inner' }],
    repositoryPolicy,
    lifecyclePolicy,
  });
  assert.equal(await push('team/app'), 201);
  assert.equal((await described('team/app')).imageTagMutability, 'IMMUTABLE');
  assert.equal(await push('team/inner/app'), 201);
  const made = await described('team/inner/app');
  assert.equal(made.imageTagMutability, 'IMMUTABLE_WITH_EXCLUSION');
  assert.equal(made.encryptionConfiguration!.kmsKey, KeyMetadata!.Arn);
  const named = { repositoryName: 'team/inner/app' };
  const ecr = registry.ecr();
  assert.ok((await ecr.send(new GetRepositoryPolicyCommand(named))).policyText!.includes('ecr:BatchGetImage'));
  assert.ok((await ecr.send(new GetLifecyclePolicyCommand(named))).lifecyclePolicyText);
});

it('its role makes the repository, if it may and trusts ECR', async () => {
  const ecrService = { Service: 'ecr.amazonaws.com' };
  const tags = { resourceTags: [{ Key: 'a', Value: 'b' }] };
  const roles = {
    distrust: makeRole(registry, 'distrust', trusting({ Service: 'ec2.amazonaws.com' }), [allow('*')]),
    untagged: makeRole(registry, 'untagged', trusting(ecrService), [allow('ecr:CreateRepository')]),
    right: makeRole(registry, 'right', trusting(ecrService), [allow(['ecr:CreateRepository', 'ecr:TagResource'])]),
  };
  for (const [name, customRoleArn] of Object.entries(roles)) await template(name, { customRoleArn, ...tags });
  assert.equal(await push('distrust/app'), 404);
  assert.equal(await push('untagged/app'), 404);
  assert.equal(await push('right/app'), 201);
});

it('a key that is disabled makes none; ROOT is for the rest', async () => {
  const kms = registry.kms();
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  const kmsKey = KeyMetadata!.KeyId!;
  await template('sealed', { encryptionConfiguration: { encryptionType: 'KMS', kmsKey } });
  await kms.send(new DisableKeyCommand({ KeyId: kmsKey }));
  assert.equal(await push('sealed/app'), 404);
  await template('ROOT');
  assert.equal(await push('none/app'), 201);
  assert.equal(await push('sealed/app'), 404);
});

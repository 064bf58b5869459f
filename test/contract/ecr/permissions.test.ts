/** Who may do what: identity policies, repository policies, the registry's, tags; and what other accounts may not. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  type ECRClient,
  GetAuthorizationTokenCommand,
  ListImagesCommand,
  PutAccountSettingCommand,
  PutRegistryPolicyCommand,
  RegisterPullTimeUpdateExclusionCommand,
  SetRepositoryPolicyCommand,
  TagResourceCommand,
} from '@aws-sdk/client-ecr';
import { CreateAccessKeyCommand, CreateUserCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import { startTestControlPlane, type TestControlPlane, testAccount } from '../../support/control-plane.ts';
import { makeImage, pushImage } from '../../support/images.ts';

let plane: TestControlPlane;
let admin: ECRClient;
let nextUser = 1;

before(async () => {
  plane = await startTestControlPlane();
  admin = plane.ecr();
});
after(() => plane.close());

interface User {
  readonly arn: string;
  readonly ecr: ECRClient;
}

/** A user with one statement. */
async function user(statement?: object): Promise<User> {
  const iam = plane.iam();
  const UserName = `user-${nextUser++}`;
  const made = await iam.send(new CreateUserCommand({ UserName }));
  if (statement) {
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...statement }] });
    await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'p', PolicyDocument }));
  }
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  const credentials = { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! };
  return { arn: made.User!.Arn!, ecr: plane.ecr({ credentials }) };
}

const denied = { name: 'AccessDeniedException' };
const create = (repositoryName: string, more = {}) =>
  admin.send(new CreateRepositoryCommand({ repositoryName, ...more }));

test('an identity policy reaches the repositories that it names', async () => {
  await create('team/a');
  await create('team-b');
  const { ecr } = await user({ Action: 'ecr:*', Resource: `arn:aws:ecr:*:${testAccount}:repository/team/*` });
  await ecr.send(new ListImagesCommand({ repositoryName: 'team/a' }));
  await assert.rejects(ecr.send(new ListImagesCommand({ repositoryName: 'team-b' })), denied);
  await assert.rejects(ecr.send(new GetAuthorizationTokenCommand({})), denied);
  await assert.rejects(ecr.send(new DescribeRepositoriesCommand({})), denied);
  await ecr.send(new DescribeRepositoriesCommand({ repositoryNames: ['team/a'] }));
  await assert.rejects(ecr.send(new DescribeRepositoriesCommand({ repositoryNames: ['team/a', 'team-b'] })), denied);
});

test('a repository policy allows beside it, and denies before all', async () => {
  await create('shared');
  const { arn, ecr } = await user();
  const set = (Effect: string, Principal: unknown) =>
    admin.send(
      new SetRepositoryPolicyCommand({
        repositoryName: 'shared',
        policyText: JSON.stringify({
          Version: '2012-10-17',
          Statement: [{ Effect, Principal, Action: 'ecr:ListImages' }],
        }),
      }),
    );
  const list = new ListImagesCommand({ repositoryName: 'shared' });
  await assert.rejects(ecr.send(list), denied);
  await set('Allow', { AWS: arn });
  await ecr.send(list);
  await assert.rejects(ecr.send(new DescribeImagesCommand({ repositoryName: 'shared' })), denied);
  await set('Deny', '*');
  await assert.rejects(admin.send(list), denied);
});

test("the registry's policy speaks of its repositories, unless its scope was set back", async () => {
  await create('by-registry');
  const { arn, ecr } = await user();
  const list = new ListImagesCommand({ repositoryName: 'by-registry' });
  await admin.send(
    new PutRegistryPolicyCommand({
      policyText: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { AWS: arn }, Action: 'ecr:ListImages', Resource: '*' }],
      }),
    }),
  );
  const setScope = (value: string) =>
    admin.send(new PutAccountSettingCommand({ name: 'REGISTRY_POLICY_SCOPE', value }));
  await ecr.send(list);
  await setScope('V1');
  await assert.rejects(ecr.send(list), denied);
  await setScope('V2');
  await ecr.send(list);
});

test('tags of the repository and of the request are conditions', async () => {
  const { ecr } = await user({
    Action: ['ecr:CreateRepository', 'ecr:TagResource', 'ecr:ListImages'],
    Resource: '*',
    Condition: { StringEquals: { 'aws:RequestTag/team': 'x' } },
  });
  const make = (repositoryName: string, Value?: string) =>
    ecr.send(new CreateRepositoryCommand({ repositoryName, ...(Value && { tags: [{ Key: 'team', Value }] }) }));
  await make('conditions/good', 'x');
  await assert.rejects(make('conditions/bad', 'y'), denied);
  await assert.rejects(make('conditions/none'), denied);
  const reader = await user({
    Action: 'ecr:ListImages',
    Resource: '*',
    Condition: { StringEquals: { 'ecr:ResourceTag/team': 'x' } },
  });
  await reader.ecr.send(new ListImagesCommand({ repositoryName: 'conditions/good' }));
  const { repository } = await create('conditions/other');
  await assert.rejects(reader.ecr.send(new ListImagesCommand({ repositoryName: 'conditions/other' })), denied);
  const tags = [{ Key: 'team', Value: 'y' }];
  await assert.rejects(ecr.send(new TagResourceCommand({ resourceArn: repository!.repositoryArn!, tags })), denied);
});

test('another account gets what it was given and no more', async () => {
  const foreign = '210987654321';
  const registryId = foreign;
  await assert.rejects(admin.send(new DescribeRepositoriesCommand({ registryId })), denied);
  await assert.rejects(admin.send(new CreateRepositoryCommand({ registryId, repositoryName: 'theirs' })), denied);
  await assert.rejects(admin.send(new ListImagesCommand({ registryId, repositoryName: 'theirs' })), denied);
});

test('pulls of an excluded principal leave no trace', async () => {
  const repositoryName = 'excluded';
  await create(repositoryName);
  await pushImage(admin, repositoryName, makeImage('excluded'), 'v1');
  const { arn, ecr } = await user({ Action: 'ecr:*', Resource: '*' });
  await admin.send(new RegisterPullTimeUpdateExclusionCommand({ principalArn: arn }));
  const pull = new BatchGetImageCommand({ repositoryName, imageIds: [{ imageTag: 'v1' }] });
  const pulledAt = async () =>
    (await admin.send(new DescribeImagesCommand({ repositoryName }))).imageDetails![0]!.lastRecordedPullTime;
  await ecr.send(pull);
  assert.equal(await pulledAt(), undefined);
  await admin.send(pull);
  assert.ok((await pulledAt()) instanceof Date);
});

test('unsigned', async () => {
  const response = await fetch(plane.endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.DescribeRepositories',
    },
    body: '{}',
  });
  assert.equal(response.status, 400);
  assert.match(await response.text(), /MissingAuthenticationTokenException/);
});

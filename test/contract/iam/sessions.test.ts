/** What IAM writes holds from the next request on, for sessions of roles too. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ListClustersCommand } from '@aws-sdk/client-ecs';
import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetRoleCommand,
  type IAMClient,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import { startTestControlPlane, type TestControlPlane, testAccount } from '../../support/control-plane.ts';
import { allow, keyOf, policy } from './support.ts';

let plane: TestControlPlane;
let iam: IAMClient;
before(async () => {
  plane = await startTestControlPlane();
  iam = plane.iam();
});
after(() => plane.close());

test('a role assumed by a user: policies, versions, boundaries, last use, deletion', async () => {
  const RoleName = 'deploy';
  const { User: user } = await iam.send(new CreateUserCommand({ UserName: 'ci' }));
  const AssumeRolePolicyDocument = policy({
    Effect: 'Allow',
    Principal: { AWS: user!.Arn! },
    Action: 'sts:AssumeRole',
  });
  const { Role: role } = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }));
  const assuming = {
    UserName: 'ci',
    PolicyName: 'assume',
    PolicyDocument: policy(allow('sts:AssumeRole', role!.Arn!)),
  };
  await iam.send(new PutUserPolicyCommand(assuming));
  const sts = plane.sts({ credentials: await keyOf(iam, 'ci') });
  const { Credentials: given } = await sts.send(
    new AssumeRoleCommand({ RoleArn: role!.Arn!, RoleSessionName: 'session' }),
  );
  const credentials = {
    accessKeyId: given!.AccessKeyId!,
    secretAccessKey: given!.SecretAccessKey!,
    sessionToken: given!.SessionToken!,
  };
  const ecs = plane.ecs({ credentials });
  const list = () => ecs.send(new ListClustersCommand({}));
  const denied = () => assert.rejects(list(), { name: 'AccessDeniedException' });

  await denied();
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'p', PolicyDocument: policy(allow('ecs:*')) }));
  await list();
  const { RoleLastUsed: used } = (await iam.send(new GetRoleCommand({ RoleName }))).Role!;
  assert.equal(used?.Region, 'us-east-1');
  await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: 'p' }));
  await denied();

  const { Policy: managed } = await iam.send(
    new CreatePolicyCommand({ PolicyName: 'm', PolicyDocument: policy(allow('s3:*')) }),
  );
  const PolicyArn = managed!.Arn!;
  await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
  await denied();
  const PolicyDocument = policy(allow('ecs:ListClusters'));
  await iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument, SetAsDefault: true }));
  await list();
  const boundary = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
  await iam.send(new PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary: boundary }));
  await denied();

  await iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn }));
  await iam.send(new DeleteRoleCommand({ RoleName }));
  await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }));
  assert.equal((await iam.send(new GetRoleCommand({ RoleName }))).Role?.RoleLastUsed?.LastUsedDate, undefined);
  await assert.rejects(list(), (error: Error) => /UnrecognizedClient|InvalidClientTokenId/.test(error.name));
  assert.equal(role?.Arn, `arn:aws:iam::${testAccount}:role/deploy`);
});

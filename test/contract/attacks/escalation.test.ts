/**
 * Ways by which somebody with few rights gets more: each asks for the permission that it must, on the resource that it is
 * about, and works when that one is given. https://docs.aws.amazon.com/IAM/latest/UserGuide/access_controlling.html
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CreateRepositoryCommand, DescribeImagesCommand, SetRepositoryPolicyCommand } from '@aws-sdk/client-ecr';
import { CreateClusterCommand, ListClustersCommand, RegisterTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import * as iam from '@aws-sdk/client-iam';
import { CreateGrantCommand, CreateKeyCommand, EncryptCommand } from '@aws-sdk/client-kms';
import { CreateSecretCommand, GetSecretValueCommand, PutResourcePolicyCommand } from '@aws-sdk/client-secrets-manager';
import { AssumeRoleCommand, GetCallerIdentityCommand, GetSessionTokenCommand } from '@aws-sdk/client-sts';
import { callSlipway } from '#agent/instance/slipway-call.ts';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import {
  allow,
  deny,
  makeAccount,
  makeRole,
  makeUser,
  policy,
  type TestCredentials,
  toCredentials,
  trusting,
} from '../../support/identities.ts';

let plane: TestControlPlane;
before(async () => {
  plane = await startTestControlPlane();
});
after(() => plane.close());

const global = (resource: string) => `arn:aws:iam::${plane.account}:${resource}`;
const everything = policy(allow('*'));
const refused = { name: /^AccessDenied/ };
let serial = 0;
const fresh = (word: string) => `${word}-${++serial}`;

/** What an attempt needs, as the action and the resource that AWS's reference names. */
interface Path {
  readonly action: string;
  readonly resource: string;
  readonly attempt: (by: iam.IAMClient) => Promise<unknown>;
}

async function paths(): Promise<readonly Path[]> {
  const root = plane.iam();
  const UserName = fresh('user');
  const RoleName = fresh('role');
  const GroupName = fresh('group');
  const PolicyName = fresh('policy');
  const InstanceProfileName = fresh('profile');
  const trust = trusting({ Service: 'ec2.amazonaws.com' });
  await root.send(new iam.CreateUserCommand({ UserName, Path: '/a/' }));
  await root.send(new iam.CreateGroupCommand({ GroupName, Path: '/a/' }));
  await root.send(new iam.CreateRoleCommand({ RoleName, Path: '/a/', AssumeRolePolicyDocument: trust }));
  await root.send(new iam.CreateInstanceProfileCommand({ InstanceProfileName, Path: '/a/' }));
  const { Policy } = await root.send(
    new iam.CreatePolicyCommand({ PolicyName, Path: '/a/', PolicyDocument: policy(allow('ecs:ListClusters')) }),
  );
  const PolicyArn = Policy!.Arn!;
  await root.send(new iam.CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: everything }));
  const admin = 'arn:aws:iam::aws:policy/AdministratorAccess';
  const user = global(`user/a/${UserName}`);
  const role = global(`role/a/${RoleName}`);
  const group = global(`group/a/${GroupName}`);
  const version = { PolicyArn, PolicyDocument: everything, SetAsDefault: true };
  const own = { PolicyName: 'more', PolicyDocument: everything };
  const command = <I extends object>(
    action: string,
    resource: string,
    Command: new (input: I) => object,
    input: I,
  ) => ({
    action,
    resource,
    attempt: (by: iam.IAMClient) => by.send(new Command(input) as never) as Promise<unknown>,
  });
  return [
    command('CreatePolicyVersion', PolicyArn, iam.CreatePolicyVersionCommand, version),
    command('SetDefaultPolicyVersion', PolicyArn, iam.SetDefaultPolicyVersionCommand, { PolicyArn, VersionId: 'v2' }),
    command('CreateAccessKey', user, iam.CreateAccessKeyCommand, { UserName }),
    command('CreateLoginProfile', user, iam.CreateLoginProfileCommand, { UserName, Password: 'Aa1!aaaaaaaa' }),
    command('UpdateLoginProfile', user, iam.UpdateLoginProfileCommand, { UserName, Password: 'Bb2!bbbbbbbb' }),
    command('AttachUserPolicy', user, iam.AttachUserPolicyCommand, { UserName, PolicyArn: admin }),
    command('AttachGroupPolicy', group, iam.AttachGroupPolicyCommand, { GroupName, PolicyArn: admin }),
    command('AttachRolePolicy', role, iam.AttachRolePolicyCommand, { RoleName, PolicyArn: admin }),
    command('PutUserPolicy', user, iam.PutUserPolicyCommand, { UserName, ...own }),
    command('PutGroupPolicy', group, iam.PutGroupPolicyCommand, { GroupName, ...own }),
    command('PutRolePolicy', role, iam.PutRolePolicyCommand, { RoleName, ...own }),
    command('AddUserToGroup', group, iam.AddUserToGroupCommand, { GroupName, UserName }),
    command('UpdateAssumeRolePolicy', role, iam.UpdateAssumeRolePolicyCommand, {
      RoleName,
      PolicyDocument: trusting({ AWS: plane.account }),
    }),
    command('PutUserPermissionsBoundary', user, iam.PutUserPermissionsBoundaryCommand, {
      UserName,
      PermissionsBoundary: admin,
    }),
    command('DeleteUserPermissionsBoundary', user, iam.DeleteUserPermissionsBoundaryCommand, { UserName }),
    command('PutRolePermissionsBoundary', role, iam.PutRolePermissionsBoundaryCommand, {
      RoleName,
      PermissionsBoundary: admin,
    }),
    command('DeleteRolePermissionsBoundary', role, iam.DeleteRolePermissionsBoundaryCommand, { RoleName }),
  ];
}

test('every way to more rights in IAM asks for its own action on its own resource', async () => {
  for (const { action, resource, attempt } of await paths()) {
    const by = (name: string, statements: object[]) =>
      plane.iam({ credentials: makeUser(plane, fresh(name), statements).credentials });
    const without = { ...allow('iam:*'), Action: undefined, NotAction: [`iam:${action}`] };
    await assert.rejects(attempt(by('without', [without])), refused, `${action} without it`);
    const elsewhere = { ...allow(`iam:${action}`), Resource: undefined, NotResource: resource };
    await assert.rejects(attempt(by('elsewhere', [elsewhere])), refused, `${action} elsewhere`);
    await assert.rejects(attempt(by('denied', [allow('*'), deny(`iam:${action}`, resource)])), refused, action);
    const wrongCase = allow(`iam:${action}`, resource.replace('/a/', '/A/'));
    await assert.rejects(attempt(by('case', [wrongCase])), refused, `${action}: ARNs have case`);
    await attempt(by('with', [allow(`IAM:${action.toUpperCase()}`, resource)]));
  }
});

describe('iam:PassRole', () => {
  const register = (credentials: TestCredentials, taskRoleArn: string) =>
    plane.ecs({ credentials }).send(
      new RegisterTaskDefinitionCommand({
        family: fresh('family'),
        taskRoleArn,
        containerDefinitions: [{ name: 'a', image: 'b', memory: 8 }],
      }),
    );

  test('for one service is none for another', async () => {
    const role = makeRole(plane, fresh('passed'), trusting({ Service: 'ecs-tasks.amazonaws.com' }));
    const only = (service: string) => ({ Condition: { StringEquals: { 'iam:PassedToService': service } } });
    const name = (service: string) =>
      makeUser(plane, fresh('passer'), [allow('ecs:*'), allow('iam:PassRole', role, only(service))]);
    await assert.rejects(register(name('ec2.amazonaws.com').credentials, role), refused);
    await assert.rejects(register(name('ecs.amazonaws.com').credentials, role), refused);
    await register(name('ecs-tasks.amazonaws.com').credentials, role);
  });

  test('is for that role, of that account, with that path', async () => {
    const trust = trusting({ Service: 'ecs-tasks.amazonaws.com' });
    const role = makeRole(plane, fresh('app'), trust, [], { path: '/apps/' });
    makeAccount(plane, '333333333333');
    const foreign = makeRole(plane, fresh('app'), trust, [], { account: '333333333333' });
    const passer = makeUser(plane, fresh('passer'), [
      allow('ecs:*'),
      allow('iam:PassRole', [global('role/apps/*'), 'arn:aws:iam::333333333333:role/*']),
    ]).credentials;
    await register(passer, role);
    await assert.rejects(register(passer, makeRole(plane, fresh('app'), trust)), refused);
    await assert.rejects(register(passer, foreign), refused);
    await assert.rejects(register(plane.administrator, foreign), refused, 'not even by root');
  });

  test('is asked of who puts a role into an instance profile, and who joins a machine', async () => {
    const RoleName = fresh('machine');
    const role = makeRole(plane, RoleName, trusting({ Service: 'ec2.amazonaws.com' }), [allow('*')]);
    const InstanceProfileName = fresh('profile');
    await plane.iam().send(new iam.CreateInstanceProfileCommand({ InstanceProfileName }));
    const eve = makeUser(plane, fresh('eve'), [allow('iam:AddRoleToInstanceProfile'), allow('slipway:*')]).credentials;
    const add = new iam.AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName });
    await assert.rejects(plane.iam({ credentials: eve }).send(add), refused);
    await plane.iam().send(add);
    const join = (credentials: TestCredentials) =>
      callSlipway({ endpoint: plane.endpoint, region: 'us-east-1' }, credentials, 'JoinInstance', {
        instanceProfile: InstanceProfileName,
      });
    await assert.rejects(join(eve), refused);
    await join(makeUser(plane, fresh('joiner'), [allow('slipway:*'), allow('iam:PassRole', role)]).credentials);
  });
});

test("Slipway's own operations need permissions too, and instance keys have none", async () => {
  const target = { endpoint: plane.endpoint, region: 'us-east-1' };
  const nobody = makeUser(plane, fresh('nobody'), [allow('ecs:*')]).credentials;
  const stranger = makeAccount(plane, '444444444444').credentials;
  const joined = (await callSlipway(target, plane.administrator, 'JoinInstance', {})) as {
    instanceId: string;
    accessKeyId: string;
    secretAccessKey: string;
  };
  const { instanceId } = joined;
  const calls = [
    ['JoinInstance', {}],
    ['RemoveInstance', { instanceId }],
    ['RemoveInstance', { instanceId: '*' }],
    ['CreateAccount', {}],
    ['ListAccounts', {}],
    ['ExplainDenial', { requestId: 'x' }],
    ['GetTaskHistory', { task: 'x' }],
    ['ExplainPlacement', { taskDefinition: 'x' }],
  ] as const;
  for (const [operation, input] of calls) {
    await assert.rejects(callSlipway(target, nobody, operation, input), refused, operation);
    await assert.rejects(callSlipway(target, joined, operation, input), refused, `${operation} by an instance`);
  }
  for (const operation of ['CreateAccount', 'ListAccounts']) {
    await assert.rejects(callSlipway(target, stranger, operation, {}), refused, `${operation} by another root`);
  }
  await assert.rejects(callSlipway(target, stranger, 'RemoveInstance', { instanceId }), /nstance/);
  for (const caller of [nobody, stranger, plane.administrator]) {
    await assert.rejects(callSlipway(target, caller, 'GetInstanceCredentials', {}), /nstance/);
  }
  await callSlipway(target, joined, 'GetInstanceCredentials', {});
  await assert.rejects(plane.ecs({ credentials: joined }).send(new ListClustersCommand()), refused);
  const { Credentials } = await plane.sts({ credentials: joined }).send(new GetSessionTokenCommand());
  const session = toCredentials(Credentials as never);
  await assert.rejects(plane.sts({ credentials: session }).send(new GetCallerIdentityCommand()));
});

test('a rename needs the permission on both names', async () => {
  const root = plane.iam();
  const UserName = fresh('climber');
  const GroupName = fresh('climbers');
  await root.send(new iam.CreateUserCommand({ UserName, Path: '/dev/' }));
  await root.send(new iam.CreateGroupCommand({ GroupName, Path: '/dev/' }));
  const below = [allow('iam:*', [global('user/dev/*'), global('group/dev/*')])];
  const eve = plane.iam({ credentials: makeUser(plane, fresh('eve'), below).credentials });
  await assert.rejects(eve.send(new iam.UpdateUserCommand({ UserName, NewPath: '/admin/' })), refused);
  await assert.rejects(eve.send(new iam.UpdateGroupCommand({ GroupName, NewPath: '/admin/' })), refused);
  await eve.send(new iam.UpdateUserCommand({ UserName, NewUserName: fresh('walker') }));
  await eve.send(new iam.UpdateGroupCommand({ GroupName, NewPath: '/dev/more/' }));
});

describe('a trust policy', () => {
  const assume = (credentials: TestCredentials, RoleArn: string, more = {}) =>
    plane.sts({ credentials }).send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'me', ...more }));

  test('of services lets no people in, and that of people no tasks', async () => {
    const ada = makeUser(plane, fresh('ada'), [allow('*')]).credentials;
    const ofTasks = makeRole(plane, fresh('tasks'), trusting({ Service: 'ecs-tasks.amazonaws.com' }));
    await assert.rejects(assume(ada, ofTasks), refused);
  });

  test('of a third party asks for its external id', async () => {
    const vendor = makeAccount(plane, '555555555555');
    const arn = makeUser(plane, 'vendor', [allow('sts:AssumeRole')], { account: '555555555555' });
    assert.ok(vendor);
    const external = { StringEquals: { 'sts:ExternalId': 'ours-only' } };
    const role = makeRole(plane, fresh('for-vendor'), trusting({ AWS: '555555555555' }, external));
    await assert.rejects(assume(arn.credentials, role), refused);
    await assert.rejects(assume(arn.credentials, role, { ExternalId: 'Ours-Only' }), refused);
    await assume(arn.credentials, role, { ExternalId: 'ours-only' });
  });
});

test('whoever takes over the name of a user or role is not trusted in its place', async () => {
  const name = fresh('heir');
  const root = plane.iam();
  const { User } = await root.send(new iam.CreateUserCommand({ UserName: name }));
  const Principal = { AWS: User!.Arn! };
  const statement = (Action: string) => policy({ Effect: 'Allow', Principal, Action, Resource: '*' });
  const role = makeRole(plane, fresh('trusting'), trusting(Principal));
  const { ARN } = await plane.secretsManager().send(new CreateSecretCommand({ Name: name, SecretString: 'gold' }));
  await plane
    .secretsManager()
    .send(new PutResourcePolicyCommand({ SecretId: ARN, ResourcePolicy: statement('secretsmanager:*') }));
  await plane.ecr().send(new CreateRepositoryCommand({ repositoryName: name }));
  const policyText = policy({ Effect: 'Allow', Principal, Action: 'ecr:*' });
  await plane.ecr().send(new SetRepositoryPolicyCommand({ repositoryName: name, policyText }));
  const { KeyMetadata } = await plane.kms().send(new CreateKeyCommand({}));
  const KeyId = KeyMetadata!.KeyId!;
  await plane.kms().send(new CreateGrantCommand({ KeyId, GranteePrincipal: User!.Arn!, Operations: ['Encrypt'] }));

  const attempts: readonly ((credentials: TestCredentials) => Promise<unknown>)[] = [
    (credentials) => plane.sts({ credentials }).send(new AssumeRoleCommand({ RoleArn: role, RoleSessionName: 'me' })),
    (credentials) => plane.secretsManager({ credentials }).send(new GetSecretValueCommand({ SecretId: ARN })),
    (credentials) => plane.ecr({ credentials }).send(new DescribeImagesCommand({ repositoryName: name })),
    (credentials) => plane.kms({ credentials }).send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('a') })),
  ];
  const newKey = async () => {
    const { AccessKey } = await root.send(new iam.CreateAccessKeyCommand({ UserName: name }));
    return { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! };
  };
  const first = await newKey();
  for (const attempt of attempts) await attempt(first);
  await root.send(new iam.DeleteAccessKeyCommand({ UserName: name, AccessKeyId: first.accessKeyId }));
  await root.send(new iam.DeleteUserCommand({ UserName: name }));
  await root.send(new iam.CreateUserCommand({ UserName: name }));
  const second = await newKey();
  for (const attempt of attempts) await assert.rejects(attempt(second), refused);
});

test('one denied item of many denies the call, and nothing of it is done', async () => {
  const ada = makeUser(plane, fresh('ada'), [
    allow('*'),
    deny('ssm:*', `arn:aws:ssm:us-east-1:${plane.account}:parameter/b`),
  ]).credentials;
  const ssm = await import('@aws-sdk/client-ssm');
  for (const Name of ['a', 'b'])
    await plane.ssm().send(new ssm.PutParameterCommand({ Name, Type: 'String', Value: 'v' }));
  const Names = ['a', 'b'];
  await assert.rejects(plane.ssm({ credentials: ada }).send(new ssm.DeleteParametersCommand({ Names })), refused);
  await assert.rejects(plane.ssm({ credentials: ada }).send(new ssm.GetParametersCommand({ Names })), refused);
  const { Parameters } = await plane.ssm().send(new ssm.GetParametersCommand({ Names }));
  assert.equal(Parameters!.length, 2);
});

test('GetCallerIdentity works for everybody, denied everything or not', async () => {
  const bad = makeUser(plane, fresh('outcast'), [deny('*')]);
  const { Arn } = await plane.sts({ credentials: bad.credentials }).send(new GetCallerIdentityCommand());
  assert.equal(Arn, bad.arn);
  await assert.rejects(
    plane.ecs({ credentials: bad.credentials }).send(new CreateClusterCommand({ clusterName: 'x' })),
    refused,
  );
});

/** Who may do what in IAM: each operation asks for its own action, on the right resource, with the right keys. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  AddRoleToInstanceProfileCommand,
  AttachUserPolicyCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  CreateServiceLinkedRoleCommand,
  CreateUserCommand,
  GetUserCommand,
  type IAMClient,
  ListUsersCommand,
  PutUserPolicyCommand,
  TagUserCommand,
} from '@aws-sdk/client-iam';
import { iam as table } from '#policy/actions/iam.ts';
import { resourceTypesOf } from '#policy/actions/table.ts';
import type { Permission } from '#protocol/authorize.ts';
import { handlers } from '#services/iam/handlers.ts';
import { permissions } from '#services/iam/permissions.ts';
import { startTestControlPlane, type TestControlPlane, testAccount } from '../../support/control-plane.ts';
import { allow, fails, keyOf, policy, trust } from './support.ts';

let plane: TestControlPlane;
let root: IAMClient;
let bob: IAMClient;
before(async () => {
  plane = await startTestControlPlane();
  root = plane.iam();
  await root.send(new CreateUserCommand({ UserName: 'bob', Path: '/team/' }));
  bob = plane.iam({ credentials: await keyOf(root, 'bob') });
});
after(() => plane.close());

const permit = (...statements: readonly object[]) =>
  root.send(new PutUserPolicyCommand({ UserName: 'bob', PolicyName: 'own', PolicyDocument: policy(...statements) }));
const arn = (resource: string) => `arn:aws:iam::${testAccount}:${resource}`;
const denied = (promise: Promise<unknown>, action: string, resource: string) =>
  fails(
    promise,
    'AccessDenied',
    403,
    `User: ${arn('user/team/bob')} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`,
  );

test('the resource is the ARN with its path, of what is there and of what would be', async () => {
  await permit(allow('iam:*', arn('user/team/*')));
  await bob.send(new GetUserCommand({}));
  await bob.send(new CreateUserCommand({ UserName: 'new', Path: '/team/' }));
  await denied(bob.send(new CreateUserCommand({ UserName: 'new' })), 'iam:CreateUser', arn('user/new'));
  await denied(bob.send(new CreateUserCommand({ UserName: 'x' })), 'iam:CreateUser', arn('user/x'));
  await denied(bob.send(new ListUsersCommand({})), 'iam:ListUsers', '*');
});

test('what is made with tags or a boundary', async () => {
  const boundary = 'arn:aws:iam::aws:policy/PowerUserAccess';
  const Tags = [{ Key: 'team', Value: 'a' }];
  const condition = { StringEquals: { 'iam:PermissionsBoundary': boundary } };
  await permit({ ...allow('iam:CreateUser'), Condition: condition });
  await denied(bob.send(new CreateUserCommand({ UserName: 'free' })), 'iam:CreateUser', arn('user/free'));
  await bob.send(new CreateUserCommand({ UserName: 'bound', PermissionsBoundary: boundary }));
  const tagged = bob.send(new CreateUserCommand({ UserName: 'tagged', PermissionsBoundary: boundary, Tags }));
  await denied(tagged, 'iam:TagUser', arn('user/tagged'));
  await permit({
    ...allow(['iam:CreateUser', 'iam:TagUser']),
    Condition: { StringEquals: { 'aws:RequestTag/team': 'a' } },
  });
  await bob.send(new CreateUserCommand({ UserName: 'tagged', Tags }));
  await permit({ ...allow('iam:TagUser'), Condition: { StringEquals: { 'iam:ResourceTag/team': 'a' } } });
  await bob.send(new TagUserCommand({ UserName: 'tagged', Tags: [{ Key: 'x', Value: 'y' }] }));
  await denied(bob.send(new TagUserCommand({ UserName: 'bound', Tags })), 'iam:TagUser', arn('user/bound'));
});

test('only some policies may be attached', async () => {
  const logs = 'arn:aws:iam::aws:policy/CloudWatchLogsReadOnlyAccess';
  await permit({ ...allow('iam:AttachUserPolicy'), Condition: { ArnEquals: { 'iam:PolicyARN': logs } } });
  const attach = (PolicyArn: string) => bob.send(new AttachUserPolicyCommand({ UserName: 'bob', PolicyArn }));
  await attach(logs);
  const all = 'arn:aws:iam::aws:policy/AdministratorAccess';
  await denied(attach(all), 'iam:AttachUserPolicy', arn('user/team/bob'));
});

test('a role in an instance profile is passed to EC2', async () => {
  const AssumeRolePolicyDocument = trust('ec2.amazonaws.com');
  await root.send(new CreateRoleCommand({ RoleName: 'r', AssumeRolePolicyDocument }));
  await root.send(new CreateInstanceProfileCommand({ InstanceProfileName: 'i' }));
  const add = () => bob.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: 'i', RoleName: 'r' }));
  await permit(allow('iam:AddRoleToInstanceProfile'));
  await denied(add(), 'iam:PassRole', arn('role/r'));
  const Condition = { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } };
  await permit(allow('iam:AddRoleToInstanceProfile'), { ...allow('iam:PassRole', arn('role/r')), Condition });
  await add();
});

test('service-linked roles by the name of their service', async () => {
  const Condition = { StringLike: { 'iam:AWSServiceName': 'ecs.amazonaws.com' } };
  await permit({ ...allow('iam:CreateServiceLinkedRole', arn('role/aws-service-role/*')), Condition });
  await bob.send(new CreateServiceLinkedRoleCommand({ AWSServiceName: 'ecs.amazonaws.com' }));
  await denied(
    bob.send(new CreateServiceLinkedRoleCommand({ AWSServiceName: 'spot.amazonaws.com' })),
    'iam:CreateServiceLinkedRole',
    arn('role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot'),
  );
});

/** A value for every member that names something. */
const named = new Proxy({}, { get: (_, member) => (/^Tag|^Path$/.test(String(member)) ? undefined : String(member)) });

for (const operation of Object.keys(handlers)) {
  test(`${operation}: its permission is of the kind of resource that AWS names`, () => {
    const types = resourceTypesOf(table.actions[operation]!);
    const ctx = {
      account: testAccount,
      operation,
      principal: { arn: arn('user/caller') },
      store: plane.store,
    } as unknown as Parameters<NonNullable<(typeof permissions)[string]>>[0];
    const needed = permissions[operation]?.(ctx, named);
    if (!needed) {
      assert.ok(
        types.every((type) => !type.isRequired),
        `${operation} acts on ${types.map((type) => type.name)}`,
      );
      return;
    }
    const [first] = [needed].flat() as Permission[];
    assert.equal(first?.action, `iam:${operation}`);
    const prefixes = types.map(({ name }) => table.resources[name]!.arn.replace('arn:{Partition}:iam::{Account}:', ''));
    const own = first!.resource.replace(`arn:aws:iam::${testAccount}:`, '');
    const isGiven = ['PolicyArn', 'OpenIDConnectProviderArn', 'PolicySourceArn', 'Arn'].includes(own);
    assert.ok(isGiven || prefixes.some((prefix) => own.startsWith(prefix.split('{')[0]!)), `${operation}: ${own}`);
  });
}

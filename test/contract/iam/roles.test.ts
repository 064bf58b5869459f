import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CreateClusterCommand, DeleteClusterCommand } from '@aws-sdk/client-ecs';
import {
  AddRoleToInstanceProfileCommand,
  AttachRolePolicyCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  type CreateRoleCommandInput,
  CreateServiceLinkedRoleCommand,
  CreateUserCommand,
  DeleteInstanceProfileCommand,
  DeleteRoleCommand,
  DeleteRolePermissionsBoundaryCommand,
  DeleteServiceLinkedRoleCommand,
  DeleteUserCommand,
  DetachRolePolicyCommand,
  GetInstanceProfileCommand,
  GetRoleCommand,
  GetServiceLinkedRoleDeletionStatusCommand,
  type IAMClient,
  ListInstanceProfilesForRoleCommand,
  ListRolesCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  RemoveRoleFromInstanceProfileCommand,
  TagInstanceProfileCommand,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
  UpdateRoleDescriptionCommand,
} from '@aws-sdk/client-iam';
import { ensureServiceLinkedRole } from '#auth/service-linked-roles.ts';
import { systemClock } from '#lib/clock.ts';
import { systemRandom } from '#lib/random.ts';
import { startTestControlPlane, type TestControlPlane, testAccount } from '../../support/control-plane.ts';
import { allow, decode, fails, policy, trust } from './support.ts';

let plane: TestControlPlane;
let iam: IAMClient;
before(async () => {
  plane = await startTestControlPlane();
  iam = plane.iam();
});
after(() => plane.close());

const create = (RoleName: string, more: Partial<CreateRoleCommandInput> = {}) =>
  iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust('ecs-tasks.amazonaws.com'), ...more }));
const get = async (RoleName: string) => (await iam.send(new GetRoleCommand({ RoleName }))).Role!;
const trusting = (...AWS: readonly string[]) =>
  policy({ Effect: 'Allow', Principal: { AWS: AWS.length === 1 ? AWS[0] : AWS }, Action: 'sts:AssumeRole' });
const noRole = (name: string) => `The role with name ${name} cannot be found.`;

describe('roles', () => {
  test('each answer holds what AWS puts in it', async () => {
    const more = { Description: 'of a task', MaxSessionDuration: 7200, Tags: [{ Key: 'a', Value: 'b' }] };
    const { Role: made } = await create('full', more);
    const keys = ['Arn', 'AssumeRolePolicyDocument', 'CreateDate', 'Path', 'RoleId', 'RoleName', 'Tags'];
    assert.deepEqual(Object.keys(made ?? {}).sort(), keys);
    assert.match(made?.RoleId ?? '', /^AROA[A-Z2-7]{17}$/);
    assert.deepEqual(decode(made?.AssumeRolePolicyDocument), JSON.parse(trust('ecs-tasks.amazonaws.com')));
    const found = await get('FULL');
    assert.deepEqual(found, { ...made, Description: 'of a task', MaxSessionDuration: 7200, RoleLastUsed: {} });
    const { Roles: listed } = await iam.send(new ListRolesCommand({}));
    const { Tags: _, RoleLastUsed: __, ...inList } = found;
    assert.deepEqual(listed, [inList]);
    await fails(create('Full'), 'EntityAlreadyExistsException', 409, 'Role with name Full already exists.');
    await fails(create('x', { MaxSessionDuration: 60 }), 'ValidationError', 400, /'maxSessionDuration'.*3600$/);
  });

  test('descriptions, durations, tags and boundaries change', async () => {
    const RoleName = 'changing';
    const boundary = 'arn:aws:iam::aws:policy/PowerUserAccess';
    await create(RoleName);
    await iam.send(new UpdateRoleCommand({ RoleName, Description: 'one', MaxSessionDuration: 43_200 }));
    assert.deepEqual([(await get(RoleName)).Description, (await get(RoleName)).MaxSessionDuration], ['one', 43_200]);
    const { Role: described } = await iam.send(new UpdateRoleDescriptionCommand({ RoleName, Description: 'two' }));
    assert.equal(described?.Description, 'two');
    assert.equal(described?.MaxSessionDuration, undefined);
    await iam.send(new TagRoleCommand({ RoleName, Tags: [{ Key: 'a', Value: '1' }] }));
    assert.deepEqual((await get(RoleName)).Tags, [{ Key: 'a', Value: '1' }]);
    await iam.send(new UntagRoleCommand({ RoleName, TagKeys: ['a'] }));
    assert.equal((await get(RoleName)).Tags, undefined);
    await iam.send(new PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary: boundary }));
    assert.equal((await get(RoleName)).PermissionsBoundary?.PermissionsBoundaryArn, boundary);
    await iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName }));
    assert.equal((await get(RoleName)).PermissionsBoundary, undefined);
    await fails(
      iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName })),
      'NoSuchEntityException',
      404,
      /does not have a permissions boundary/,
    );
    await fails(iam.send(new UpdateRoleCommand({ RoleName: 'no' })), 'NoSuchEntityException', 404, noRole('no'));
  });

  test('trust policies are checked', async () => {
    await create('trusted');
    const update = (PolicyDocument: string) =>
      iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'trusted', PolicyDocument }));
    const malformed = (document: string, message: string) =>
      fails(update(document), 'MalformedPolicyDocumentException', 400, message);
    await malformed('{', 'This policy contains invalid Json');
    await malformed(
      trust('x.amazonaws.com').replace('sts:AssumeRole', 'ecs:RunTask'),
      'AssumeRole policy may only specify STS AssumeRole actions.',
    );
    await malformed(
      policy({ Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole', Resource: '*' }),
      'Has prohibited field Resource',
    );
    const nobody = `arn:aws:iam::${testAccount}:user/nobody`;
    await malformed(trusting(nobody), `Invalid principal in policy: "AWS":"${nobody}"`);
    const many = trust(...Array.from({ length: 100 }, (_, n) => `service-number-${n}.amazonaws.com`));
    await fails(update(many), 'LimitExceededException', 409, 'Cannot exceed quota for ACLSizePerRole: 2048');
    await update(trusting(testAccount, 'arn:aws:iam::210987654321:role/elsewhere'));
  });

  test('a principal that is deleted stays in trust policies by its id', async () => {
    const { User: user } = await iam.send(new CreateUserCommand({ UserName: 'leaving' }));
    await create('guarded', { AssumeRolePolicyDocument: trusting(user!.Arn!) });
    await iam.send(new DeleteUserCommand({ UserName: 'leaving' }));
    await iam.send(new CreateUserCommand({ UserName: 'leaving' }));
    const document = decode((await get('guarded')).AssumeRolePolicyDocument);
    assert.equal(document.Statement[0].Principal.AWS, user!.UserId);
  });

  test('are not deleted while policies or profiles hold on to them', async () => {
    const RoleName = 'busy';
    const PolicyArn = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
    const conflict = (message: string) =>
      fails(iam.send(new DeleteRoleCommand({ RoleName })), 'DeleteConflictException', 409, message);
    await create(RoleName);
    await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: 'busy' }));
    await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: 'busy', RoleName }));
    await conflict('Cannot delete entity, must remove roles from instance profile first.');
    await iam.send(new RemoveRoleFromInstanceProfileCommand({ InstanceProfileName: 'busy', RoleName }));
    await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
    await conflict('Cannot delete entity, must detach all policies first.');
    await iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn }));
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'p', PolicyDocument: policy(allow('*')) }));
    await conflict('Cannot delete entity, must delete policies first.');
  });
});

test('instance profiles hold one role', async () => {
  const InstanceProfileName = 'instances';
  const { InstanceProfile: made } = await iam.send(
    new CreateInstanceProfileCommand({ InstanceProfileName, Path: '/ecs/' }),
  );
  assert.match(made?.InstanceProfileId ?? '', /^AIPA/);
  assert.deepEqual([made?.Roles, made?.Tags], [[], undefined]);
  await create('first');
  await create('second');
  const add = (RoleName: string) => iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName }));
  await add('first');
  await fails(
    add('second'),
    'LimitExceededException',
    409,
    'Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1',
  );
  await iam.send(new TagInstanceProfileCommand({ InstanceProfileName, Tags: [{ Key: 'a', Value: 'b' }] }));
  const { InstanceProfile: found } = await iam.send(new GetInstanceProfileCommand({ InstanceProfileName }));
  assert.deepEqual(
    found?.Roles?.map((role) => role.RoleName),
    ['first'],
  );
  assert.deepEqual(found?.Tags, [{ Key: 'a', Value: 'b' }]);
  const ofRole = await iam.send(new ListInstanceProfilesForRoleCommand({ RoleName: 'first' }));
  assert.deepEqual(
    ofRole.InstanceProfiles?.map((one) => one.Arn),
    [made?.Arn],
  );
  await fails(
    iam.send(new DeleteInstanceProfileCommand({ InstanceProfileName })),
    'DeleteConflictException',
    409,
    'Cannot delete entity, must remove roles from instance profile first.',
  );
  await fails(
    iam.send(new RemoveRoleFromInstanceProfileCommand({ InstanceProfileName, RoleName: 'second' })),
    'NoSuchEntityException',
    404,
    'Role second in Instance Profile instances cannot be found.',
  );
  await iam.send(new RemoveRoleFromInstanceProfileCommand({ InstanceProfileName, RoleName: 'first' }));
  await iam.send(new DeleteInstanceProfileCommand({ InstanceProfileName }));
  await fails(
    iam.send(new GetInstanceProfileCommand({ InstanceProfileName })),
    'NoSuchEntityException',
    404,
    'Instance Profile instances cannot be found.',
  );
});

describe('service-linked roles', () => {
  const AWSServiceName = 'ecs.amazonaws.com';
  const RoleName = 'AWSServiceRoleForECS';

  test("are made once, are their service's alone, and go when nothing needs them", async () => {
    const { Role: made } = await iam.send(new CreateServiceLinkedRoleCommand({ AWSServiceName }));
    assert.equal(made?.Arn, `arn:aws:iam::${testAccount}:role/aws-service-role/${AWSServiceName}/${RoleName}`);
    await fails(
      iam.send(new CreateServiceLinkedRoleCommand({ AWSServiceName })),
      'InvalidInputException',
      400,
      `Service role name ${RoleName} has been taken in this account, please try a different suffix.`,
    );
    const refusal = `Cannot perform the operation on the protected role '${RoleName}' - this role is only modifiable by AWS`;
    for (const change of [
      iam.send(new DeleteRoleCommand({ RoleName })),
      iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: trusting(testAccount) })),
      iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'p', PolicyDocument: policy(allow('*')) })),
      iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' })),
      iam.send(new UpdateRoleCommand({ RoleName, MaxSessionDuration: 7200 })),
    ]) {
      await fails(change, 'UnmodifiableEntityException', 400, refusal);
    }
    await iam.send(new UpdateRoleDescriptionCommand({ RoleName, Description: 'ours' }));

    const remove = async () =>
      iam.send(
        new GetServiceLinkedRoleDeletionStatusCommand({
          DeletionTaskId: (await iam.send(new DeleteServiceLinkedRoleCommand({ RoleName }))).DeletionTaskId,
        }),
      );
    await plane.ecs().send(new CreateClusterCommand({ clusterName: 'c' }));
    const failed = await remove();
    assert.equal(failed.Status, 'FAILED');
    assert.deepEqual(failed.Reason?.RoleUsageList, [
      { Region: 'us-east-1', Resources: [`arn:aws:ecs:us-east-1:${testAccount}:cluster/c`] },
    ]);
    await plane.ecs().send(new DeleteClusterCommand({ cluster: 'c' }));
    assert.equal((await remove()).Status, 'SUCCEEDED');
    await fails(iam.send(new GetRoleCommand({ RoleName })), 'NoSuchEntityException', 404, noRole(RoleName));
  });

  test('suffixes where the service takes them; unknown services and tasks', async () => {
    const { Role: role } = await iam.send(
      new CreateServiceLinkedRoleCommand({ AWSServiceName: 'autoscaling.amazonaws.com', CustomSuffix: 'blue' }),
    );
    assert.equal(role?.RoleName, 'AWSServiceRoleForAutoScaling_blue');
    const CustomSuffix = 'x';
    const elb = 'elasticloadbalancing.amazonaws.com';
    await fails(
      iam.send(new CreateServiceLinkedRoleCommand({ AWSServiceName: elb, CustomSuffix })),
      'InvalidInputException',
      400,
      `Custom suffix is not allowed for ${elb}`,
    );
    const unknown = iam.send(new CreateServiceLinkedRoleCommand({ AWSServiceName: 'nothing.amazonaws.com' }));
    await fails(unknown, 'InvalidInputException', 400, /nothing\.amazonaws\.com/);
    await fails(
      iam.send(new GetServiceLinkedRoleDeletionStatusCommand({ DeletionTaskId: 'task/no' })),
      'NoSuchEntityException',
      404,
      /task\/no/,
    );
  });

  test('services make theirs on first use', async () => {
    const ensure = () =>
      plane.store.transact((tx) =>
        ensureServiceLinkedRole(
          tx,
          { clock: systemClock, random: systemRandom },
          testAccount,
          'replication.ecr.amazonaws.com',
        ),
      );
    const { id } = ensure();
    assert.equal(ensure().id, id);
    assert.equal((await get('AWSServiceRoleForECRReplication')).RoleId, id);
  });
});

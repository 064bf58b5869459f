import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  AddUserToGroupCommand,
  AttachUserPolicyCommand,
  ChangePasswordCommand,
  CreateAccessKeyCommand,
  CreateGroupCommand,
  CreateLoginProfileCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteGroupCommand,
  DeleteLoginProfileCommand,
  DeleteUserCommand,
  DetachUserPolicyCommand,
  GetAccessKeyLastUsedCommand,
  GetGroupCommand,
  GetLoginProfileCommand,
  GetUserCommand,
  type IAMClient,
  ListAccessKeysCommand,
  ListGroupsForUserCommand,
  ListMFADevicesCommand,
  ListUsersCommand,
  ListUserTagsCommand,
  paginateListUsers,
  RemoveUserFromGroupCommand,
  TagUserCommand,
  UntagUserCommand,
  UpdateAccessKeyCommand,
  UpdateAccountPasswordPolicyCommand,
  UpdateGroupCommand,
  UpdateLoginProfileCommand,
  UpdateUserCommand,
} from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { accessKeys, users } from '#store/tables/iam.ts';
import { startTestControlPlane, type TestControlPlane, testAccount } from '../../support/control-plane.ts';
import { fails, keyOf } from './support.ts';

let plane: TestControlPlane;
let iam: IAMClient;
before(async () => {
  plane = await startTestControlPlane();
  iam = plane.iam();
});
after(() => plane.close());

const noUser = (name: string) => `The user with name ${name} cannot be found.`;

describe('users', () => {
  test('are made, found without regard to case, listed by path and deleted', async () => {
    const { User: made } = await iam.send(new CreateUserCommand({ UserName: 'Alice', Path: '/team/a/' }));
    assert.match(made?.UserId ?? '', /^AIDA[A-Z2-7]{17}$/);
    assert.equal(made?.Arn, `arn:aws:iam::${testAccount}:user/team/a/Alice`);
    assert.deepEqual(Object.keys(made ?? {}).sort(), ['Arn', 'CreateDate', 'Path', 'UserId', 'UserName']);
    const { User: found } = await iam.send(new GetUserCommand({ UserName: 'ALICE' }));
    assert.deepEqual(found, made);
    const listed = await iam.send(new ListUsersCommand({ PathPrefix: '/team' }));
    assert.deepEqual(listed.Users, [made]);
    assert.equal(listed.IsTruncated, false);
    assert.deepEqual((await iam.send(new ListUsersCommand({ PathPrefix: '/other/' }))).Users, []);
    await iam.send(new DeleteUserCommand({ UserName: 'Alice' }));
    await fails(iam.send(new GetUserCommand({ UserName: 'Alice' })), 'NoSuchEntityException', 404, noUser('Alice'));
  });

  test('names are unique without regard to case; values are checked', async () => {
    await iam.send(new CreateUserCommand({ UserName: 'one' }));
    const again = iam.send(new CreateUserCommand({ UserName: 'ONE', Path: '/x/' }));
    await fails(again, 'EntityAlreadyExistsException', 409, 'User with name ONE already exists.');
    await fails(
      iam.send(new CreateUserCommand({ UserName: 'n'.repeat(65), Path: '' })),
      'ValidationError',
      400,
      "2 validation errors detected: Value at 'userName' failed to satisfy constraint: Member must have length less than or equal to 64; Value at 'path' failed to satisfy constraint: Member must have length greater than or equal to 1",
    );
    await fails(
      iam.send(new CreateUserCommand({ UserName: 'a b' })),
      'ValidationError',
      400,
      'The specified value for userName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-',
    );
    await fails(
      iam.send(new CreateUserCommand({ UserName: 'ab', Path: 'x/' })),
      'ValidationError',
      400,
      'The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.',
    );
    await fails(
      iam.send(new CreateUserCommand({ UserName: 'ab', PermissionsBoundary: `arn:aws:iam::${testAccount}:policy/no` })),
      'NoSuchEntityException',
      404,
      /does not exist or is not attachable\.$/,
    );
  });

  test('pages follow each other', async () => {
    for (let n = 0; n < 5; n++) await iam.send(new CreateUserCommand({ UserName: `p${n}`, Path: '/pages/' }));
    const names: (string | undefined)[] = [];
    let pages = 0;
    for await (const page of paginateListUsers({ client: iam, pageSize: 2 }, { PathPrefix: '/pages/' })) {
      pages += 1;
      names.push(...(page.Users ?? []).map((user) => user.UserName));
    }
    assert.equal(pages, 3);
    assert.deepEqual(names, ['p0', 'p1', 'p2', 'p3', 'p4']);
    await fails(iam.send(new ListUsersCommand({ Marker: 'nonsense' })), 'ValidationError', 400, /^Invalid Marker/);
    await fails(iam.send(new ListUsersCommand({ MaxItems: 0 })), 'ValidationError', 400, /'maxItems'.*equal to 1$/);
  });

  test('a new name keeps keys, groups and id, and gives a new ARN', async () => {
    const { User: before } = await iam.send(new CreateUserCommand({ UserName: 'old' }));
    await iam.send(new CreateGroupCommand({ GroupName: 'g-old' }));
    await iam.send(new AddUserToGroupCommand({ GroupName: 'g-old', UserName: 'old' }));
    const credentials = await keyOf(iam, 'old');
    await iam.send(new UpdateUserCommand({ UserName: 'old', NewUserName: 'new', NewPath: '/moved/' }));
    const { User: now } = await iam.send(new GetUserCommand({ UserName: 'new' }));
    assert.equal(now?.UserId, before?.UserId);
    assert.equal(now?.Arn, `arn:aws:iam::${testAccount}:user/moved/new`);
    const caller = await plane.sts({ credentials }).send(new GetCallerIdentityCommand({}));
    assert.equal(caller.Arn, now?.Arn);
    await iam.send(new UpdateGroupCommand({ GroupName: 'g-old', NewGroupName: 'g-new' }));
    const { Groups: groups } = await iam.send(new ListGroupsForUserCommand({ UserName: 'new' }));
    assert.deepEqual(
      groups?.map((group) => group.GroupName),
      ['g-new'],
    );
    await fails(iam.send(new GetUserCommand({ UserName: 'old' })), 'NoSuchEntityException', 404, noUser('old'));
    await fails(
      iam.send(new UpdateUserCommand({ UserName: 'new', NewUserName: 'one' })),
      'EntityAlreadyExistsException',
      409,
      'User with name one already exists.',
    );
  });

  test('tags: set, replaced without regard to case, taken away, limited', async () => {
    const Tags = [
      { Key: 'Team', Value: 'a' },
      { Key: 'cost', Value: '' },
    ];
    const { User: user } = await iam.send(new CreateUserCommand({ UserName: 'tagged', Tags }));
    assert.deepEqual(user?.Tags, Tags);
    await iam.send(new TagUserCommand({ UserName: 'tagged', Tags: [{ Key: 'TEAM', Value: 'b' }] }));
    assert.deepEqual((await iam.send(new ListUserTagsCommand({ UserName: 'tagged' }))).Tags, [
      { Key: 'cost', Value: '' },
      { Key: 'TEAM', Value: 'b' },
    ]);
    await iam.send(new UntagUserCommand({ UserName: 'tagged', TagKeys: ['team', 'none'] }));
    const page = await iam.send(new ListUserTagsCommand({ UserName: 'tagged' }));
    assert.deepEqual(page.Tags, [{ Key: 'cost', Value: '' }]);
    const many = Array.from({ length: 50 }, (_, n) => ({ Key: `k${n}`, Value: 'v' }));
    await fails(
      iam.send(new TagUserCommand({ UserName: 'tagged', Tags: many })),
      'LimitExceededException',
      409,
      'The number of tags has reached the maximum limit.',
    );
    await fails(
      iam.send(new TagUserCommand({ UserName: 'tagged', Tags: [...many, { Key: 'k50', Value: 'v' }] })),
      'ValidationError',
      400,
      "1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50",
    );
    await fails(
      iam.send(
        new TagUserCommand({
          UserName: 'tagged',
          Tags: [
            { Key: 'a', Value: '' },
            { Key: 'A', Value: '' },
          ],
        }),
      ),
      'InvalidInputException',
      400,
      'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
    );
  });

  test('are not deleted while anything is theirs', async () => {
    const UserName = 'busy';
    const PolicyArn = 'arn:aws:iam::aws:policy/AdministratorAccess';
    const conflict = (message: string) =>
      fails(iam.send(new DeleteUserCommand({ UserName })), 'DeleteConflictException', 409, message);
    await iam.send(new CreateUserCommand({ UserName }));
    await iam.send(new AttachUserPolicyCommand({ UserName, PolicyArn }));
    await conflict('Cannot delete entity, must detach all policies first.');
    await iam.send(new DetachUserPolicyCommand({ UserName, PolicyArn }));
    await iam.send(new CreateGroupCommand({ GroupName: 'busy' }));
    await iam.send(new AddUserToGroupCommand({ UserName, GroupName: 'busy' }));
    await conflict('Cannot delete entity, must remove users from group first.');
    await iam.send(new RemoveUserFromGroupCommand({ UserName, GroupName: 'busy' }));
    const { accessKeyId } = await keyOf(iam, UserName);
    await conflict('Cannot delete entity, must delete access keys first.');
    await iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId: accessKeyId }));
    await iam.send(new CreateLoginProfileCommand({ UserName, Password: 'Abcdefg1!' }));
    await conflict('Cannot delete entity, must delete login profile first.');
    await iam.send(new DeleteLoginProfileCommand({ UserName }));
    assert.deepEqual((await iam.send(new ListMFADevicesCommand({ UserName }))).MFADevices, []);
    await iam.send(new DeleteUserCommand({ UserName }));
  });
});

describe('access keys', () => {
  test('two a user; inactive and deleted ones open nothing', async () => {
    const UserName = 'keys';
    await iam.send(new CreateUserCommand({ UserName }));
    const credentials = await keyOf(iam, UserName);
    await keyOf(iam, UserName);
    await fails(
      iam.send(new CreateAccessKeyCommand({ UserName })),
      'LimitExceededException',
      409,
      'Cannot exceed quota for AccessKeysPerUser: 2',
    );
    const AccessKeyId = credentials.accessKeyId;
    const sts = plane.sts({ credentials });
    await sts.send(new GetCallerIdentityCommand({}));
    await iam.send(new UpdateAccessKeyCommand({ UserName, AccessKeyId, Status: 'Inactive' }));
    const { AccessKeyMetadata: listed } = await iam.send(new ListAccessKeysCommand({ UserName }));
    assert.equal(listed?.length, 2);
    assert.equal(listed?.find((key) => key.AccessKeyId === AccessKeyId)?.Status, 'Inactive');
    await assert.rejects(sts.send(new GetCallerIdentityCommand({})), { name: 'InvalidClientTokenId' });
    await iam.send(new UpdateAccessKeyCommand({ UserName, AccessKeyId, Status: 'Active' }));
    await sts.send(new GetCallerIdentityCommand({}));
    await iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId }));
    await assert.rejects(sts.send(new GetCallerIdentityCommand({})), { name: 'InvalidClientTokenId' });
    await fails(
      iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId })),
      'NoSuchEntityException',
      404,
      `The Access Key with id ${AccessKeyId} cannot be found.`,
    );
  });

  test('say when they were last used, without a write for it', async () => {
    await iam.send(new CreateUserCommand({ UserName: 'used' }));
    const credentials = await keyOf(iam, 'used');
    const AccessKeyId = credentials.accessKeyId;
    const unused = await iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId }));
    assert.deepEqual(unused.AccessKeyLastUsed, { ServiceName: 'N/A', Region: 'N/A' });
    const revision = plane.store.revision;
    await plane.sts({ credentials, region: 'eu-west-1' }).send(new GetCallerIdentityCommand({}));
    assert.equal(plane.store.revision, revision);
    const used = await iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId }));
    assert.equal(used.UserName, 'used');
    const { LastUsedDate: date, ...rest } = used.AccessKeyLastUsed!;
    assert.deepEqual(rest, { ServiceName: 'sts', Region: 'eu-west-1' });
    assert.ok(Math.abs(date!.getTime() - Date.now()) < 60_000);
    await fails(
      iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId: 'AKIAIOSFODNN7EXAMPLE' })),
      'AccessDenied',
      403,
      /is not authorized to perform iam:GetAccessKeyLastUsed on resource: access key AKIAIOSFODNN7EXAMPLE$/,
    );
  });

  test("without a user name they are the caller's: a user's own, root's", async () => {
    await iam.send(new CreateUserCommand({ UserName: 'self' }));
    const credentials = await keyOf(iam, 'self');
    await iam.send(
      new AttachUserPolicyCommand({ UserName: 'self', PolicyArn: 'arn:aws:iam::aws:policy/IAMFullAccess' }),
    );
    const own = plane.iam({ credentials });
    const { AccessKey: second } = await own.send(new CreateAccessKeyCommand({}));
    assert.equal(second?.UserName, 'self');
    const { AccessKeyMetadata: keys } = await own.send(new ListAccessKeysCommand({}));
    assert.deepEqual(
      keys?.map((key) => key.UserName),
      ['self', 'self'],
    );
    await own.send(new DeleteAccessKeyCommand({ AccessKeyId: second!.AccessKeyId! }));
    assert.equal((await own.send(new GetUserCommand({}))).User?.UserName, 'self');
    const { User: root } = await iam.send(new GetUserCommand({}));
    assert.deepEqual([root?.UserId, root?.Arn], [testAccount, `arn:aws:iam::${testAccount}:root`]);
    const { AccessKeyMetadata: ofRoot } = await iam.send(new ListAccessKeysCommand({}));
    assert.deepEqual(
      ofRoot?.map((key) => key.AccessKeyId),
      [plane.administrator.accessKeyId],
    );
  });

  test('secrets and passwords are in no row', async () => {
    await iam.send(new CreateUserCommand({ UserName: 'sealed' }));
    const { secretAccessKey } = await keyOf(iam, 'sealed');
    await iam.send(new CreateLoginProfileCommand({ UserName: 'sealed', Password: 'Canary-Password-1' }));
    const rows = JSON.stringify([...plane.store.all(users), ...plane.store.all(accessKeys)]);
    for (const secret of [secretAccessKey, 'Canary-Password-1']) {
      assert.ok(!rows.includes(secret));
      assert.ok(!rows.includes(Buffer.from(secret).toString('base64').replace(/=+$/, '')));
    }
  });
});

describe('groups', () => {
  test('hold users, and are not deleted while they do', async () => {
    const { Group: made } = await iam.send(new CreateGroupCommand({ GroupName: 'admins', Path: '/g/' }));
    assert.match(made?.GroupId ?? '', /^AGPA/);
    await fails(
      iam.send(new CreateGroupCommand({ GroupName: 'Admins' })),
      'EntityAlreadyExistsException',
      409,
      'Group with name Admins already exists.',
    );
    await iam.send(new CreateUserCommand({ UserName: 'member' }));
    await iam.send(new AddUserToGroupCommand({ GroupName: 'admins', UserName: 'member' }));
    await iam.send(new AddUserToGroupCommand({ GroupName: 'admins', UserName: 'member' }));
    const { Users: members } = await iam.send(new GetGroupCommand({ GroupName: 'admins' }));
    assert.deepEqual(
      members?.map((user) => user.UserName),
      ['member'],
    );
    await fails(
      iam.send(new DeleteGroupCommand({ GroupName: 'admins' })),
      'DeleteConflictException',
      409,
      'Cannot delete entity, must remove users from group first.',
    );
    await fails(
      iam.send(new AddUserToGroupCommand({ GroupName: 'no', UserName: 'member' })),
      'NoSuchEntityException',
      404,
      'The group with name no cannot be found.',
    );
    await iam.send(new RemoveUserFromGroupCommand({ GroupName: 'admins', UserName: 'member' }));
    await iam.send(new RemoveUserFromGroupCommand({ GroupName: 'admins', UserName: 'member' }));
    await iam.send(new DeleteGroupCommand({ GroupName: 'admins' }));
  });

  test('ten a user', async () => {
    await iam.send(new CreateUserCommand({ UserName: 'social' }));
    for (let n = 0; n < 11; n++) await iam.send(new CreateGroupCommand({ GroupName: `club${n}` }));
    for (let n = 0; n < 10; n++)
      await iam.send(new AddUserToGroupCommand({ GroupName: `club${n}`, UserName: 'social' }));
    await fails(
      iam.send(new AddUserToGroupCommand({ GroupName: 'club10', UserName: 'social' })),
      'LimitExceededException',
      409,
      'Cannot exceed quota for GroupsPerUser: 10',
    );
  });
});

test('login profiles: held to the password policy, changed by their user, never answered', async () => {
  const UserName = 'console';
  await iam.send(new CreateUserCommand({ UserName }));
  const weak = iam.send(new CreateLoginProfileCommand({ UserName, Password: 'short' }));
  await fails(weak, 'PasswordPolicyViolationException', 400, /minimum length of 8/);
  const { LoginProfile: made } = await iam.send(
    new CreateLoginProfileCommand({ UserName, Password: 'First-Password1', PasswordResetRequired: true }),
  );
  assert.deepEqual(Object.keys(made ?? {}).sort(), ['CreateDate', 'PasswordResetRequired', 'UserName']);
  await fails(
    iam.send(new CreateLoginProfileCommand({ UserName, Password: 'First-Password1' })),
    'EntityAlreadyExistsException',
    409,
    'Login Profile for user console already exists.',
  );
  const own = plane.iam({ credentials: await keyOf(iam, UserName) });
  const change = (OldPassword: string, NewPassword: string) =>
    own.send(new ChangePasswordCommand({ OldPassword, NewPassword }));
  await fails(change('First-Password1', 'Second-Password1'), 'AccessDenied', 403, /iam:ChangePassword/);
  await iam.send(
    new UpdateAccountPasswordPolicyCommand({ AllowUsersToChangePassword: true, PasswordReusePrevention: 2 }),
  );
  await fails(change('wrong', 'Second-Password1'), 'AccessDenied', 403, 'The old password was incorrect.');
  await change('First-Password1', 'Second-Password1');
  const reused = change('Second-Password1', 'First-Password1');
  await fails(reused, 'PasswordPolicyViolationException', 400, /password reuse prevention/);
  const { LoginProfile: changed } = await iam.send(new GetLoginProfileCommand({ UserName }));
  assert.equal(changed?.PasswordResetRequired, false);
  await iam.send(new UpdateLoginProfileCommand({ UserName, PasswordResetRequired: true }));
  assert.equal((await iam.send(new GetLoginProfileCommand({ UserName }))).LoginProfile?.PasswordResetRequired, true);
  await iam.send(new DeleteLoginProfileCommand({ UserName }));
  await fails(
    iam.send(new GetLoginProfileCommand({ UserName })),
    'NoSuchEntityException',
    404,
    'Login Profile for User console cannot be found.',
  );
});

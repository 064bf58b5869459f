import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  AddClientIDToOpenIDConnectProviderCommand,
  AttachRolePolicyCommand,
  CreateAccountAliasCommand,
  CreateGroupCommand,
  CreateInstanceProfileCommand,
  CreateOpenIDConnectProviderCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteAccountAliasCommand,
  DeleteAccountPasswordPolicyCommand,
  DeleteOpenIDConnectProviderCommand,
  GenerateCredentialReportCommand,
  GetAccountAuthorizationDetailsCommand,
  GetAccountPasswordPolicyCommand,
  GetAccountSummaryCommand,
  GetCredentialReportCommand,
  GetOpenIDConnectProviderCommand,
  type IAMClient,
  ListAccountAliasesCommand,
  ListOpenIDConnectProvidersCommand,
  ListOpenIDConnectProviderTagsCommand,
  ListServerCertificatesCommand,
  PutUserPolicyCommand,
  paginateGetAccountAuthorizationDetails,
  RemoveClientIDFromOpenIDConnectProviderCommand,
  TagOpenIDConnectProviderCommand,
  UntagOpenIDConnectProviderCommand,
  UpdateAccountPasswordPolicyCommand,
  UpdateOpenIDConnectProviderThumbprintCommand,
} from '@aws-sdk/client-iam';
import { startTestControlPlane, type TestControlPlane, testAccount } from '../../support/control-plane.ts';
import { allow, decode, fails, keyOf, policy, trust } from './support.ts';

let plane: TestControlPlane;
let iam: IAMClient;
before(async () => {
  plane = await startTestControlPlane();
  iam = plane.iam();
});
after(() => plane.close());

test('one alias an account', async () => {
  const alias = (AccountAlias: string) => iam.send(new CreateAccountAliasCommand({ AccountAlias }));
  const list = async () => (await iam.send(new ListAccountAliasesCommand({}))).AccountAliases;
  assert.deepEqual(await list(), []);
  await alias('first');
  await alias('second');
  assert.deepEqual(await list(), ['second']);
  await fails(alias('second'), 'EntityAlreadyExistsException', 409, 'The account alias second already exists.');
  await fails(alias('No!'), 'ValidationError', 400, /'accountAlias' failed to satisfy constraint/);
  const remove = (AccountAlias: string) => iam.send(new DeleteAccountAliasCommand({ AccountAlias }));
  await fails(remove('first'), 'NoSuchEntityException', 404, 'The account alias with name first cannot be found.');
  await remove('second');
  assert.deepEqual(await list(), []);
});

test('the password policy: what is left out goes back to its default', async () => {
  const get = () => iam.send(new GetAccountPasswordPolicyCommand({}));
  const missing = `The Password Policy with domain name ${testAccount} cannot be found.`;
  await fails(get(), 'NoSuchEntityException', 404, missing);
  await iam.send(new UpdateAccountPasswordPolicyCommand({ MinimumPasswordLength: 12, MaxPasswordAge: 30 }));
  assert.deepEqual((await get()).PasswordPolicy, {
    MinimumPasswordLength: 12,
    RequireSymbols: false,
    RequireNumbers: false,
    RequireUppercaseCharacters: false,
    RequireLowercaseCharacters: false,
    AllowUsersToChangePassword: false,
    ExpirePasswords: true,
    MaxPasswordAge: 30,
  });
  await iam.send(new UpdateAccountPasswordPolicyCommand({}));
  assert.equal((await get()).PasswordPolicy?.MinimumPasswordLength, 6);
  await fails(
    iam.send(
      new UpdateAccountPasswordPolicyCommand({
        MinimumPasswordLength: 129,
        PasswordReusePrevention: 25,
        MaxPasswordAge: 1096,
      }),
    ),
    'ValidationError',
    400,
    /^3 validation errors detected: Value at '\w+' failed to satisfy constraint: Member must have value less than or equal to/,
  );
  await iam.send(new DeleteAccountPasswordPolicyCommand({}));
  await fails(
    iam.send(new DeleteAccountPasswordPolicyCommand({})),
    'NoSuchEntityException',
    404,
    'The account policy with name PasswordPolicy cannot be found.',
  );
});

describe('everything in the account', () => {
  before(async () => {
    await iam.send(new CreateUserCommand({ UserName: 'u', Tags: [{ Key: 'a', Value: 'b' }] }));
    const inline = { UserName: 'u', PolicyName: 'own', PolicyDocument: policy(allow('ecs:*')) };
    await iam.send(new PutUserPolicyCommand(inline));
    await keyOf(iam, 'u');
    await iam.send(new CreateGroupCommand({ GroupName: 'g' }));
    await iam.send(new CreateRoleCommand({ RoleName: 'r', AssumeRolePolicyDocument: trust('ec2.amazonaws.com') }));
    const PolicyArn = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
    await iam.send(new AttachRolePolicyCommand({ RoleName: 'r', PolicyArn }));
    await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: 'i' }));
    await iam.send(new CreatePolicyCommand({ PolicyName: 'p', PolicyDocument: policy(allow('*')) }));
  });

  test('is counted', async () => {
    const { SummaryMap: summary } = await iam.send(new GetAccountSummaryCommand({}));
    const { Users, Groups, Roles, Policies, InstanceProfiles, PolicyVersionsInUse } = summary ?? {};
    assert.deepEqual([Users, Groups, Roles, Policies, InstanceProfiles, PolicyVersionsInUse], [1, 1, 1, 1, 1, 1]);
    assert.equal(summary?.AttachedPoliciesPerRoleQuota, 10);
  });

  test('is described, in pages too', async () => {
    const whole = await iam.send(new GetAccountAuthorizationDetailsCommand({}));
    const [user] = whole.UserDetailList ?? [];
    assert.equal(user?.UserName, 'u');
    assert.deepEqual(decode(user?.UserPolicyList?.[0]?.PolicyDocument), JSON.parse(policy(allow('ecs:*'))));
    assert.deepEqual(
      whole.GroupDetailList?.map((one) => one.GroupName),
      ['g'],
    );
    assert.deepEqual(
      whole.RoleDetailList?.[0]?.AttachedManagedPolicies?.map((one) => one.PolicyName),
      ['ReadOnlyAccess'],
    );
    assert.deepEqual(
      whole.Policies?.map((one) => one.PolicyName),
      ['p', 'ReadOnlyAccess'],
    );
    const counts: number[] = [];
    for await (const page of paginateGetAccountAuthorizationDetails({ client: iam, pageSize: 2 }, {})) {
      const lists = [page.UserDetailList, page.GroupDetailList, page.RoleDetailList, page.Policies];
      counts.push(lists.reduce((sum, list) => sum + (list?.length ?? 0), 0));
    }
    assert.deepEqual(counts, [2, 2, 1]);
    const roles = await iam.send(new GetAccountAuthorizationDetailsCommand({ Filter: ['Role'] }));
    assert.deepEqual([roles.UserDetailList, roles.RoleDetailList?.length], [[], 1]);
  });

  test('is reported on', async () => {
    const get = () => iam.send(new GetCredentialReportCommand({}));
    await assert.rejects(get(), { name: 'CredentialReportNotPresentException' });
    assert.equal((await iam.send(new GenerateCredentialReportCommand({}))).State, 'STARTED');
    assert.equal((await iam.send(new GenerateCredentialReportCommand({}))).State, 'COMPLETE');
    const report = await get();
    assert.equal(report.ReportFormat, 'text/csv');
    const lines = Buffer.from(report.Content!)
      .toString()
      .split('\n')
      .map((line) => line.split(','));
    assert.deepEqual(
      lines.map((line) => line[0]),
      ['user', '<root_account>', 'u'],
    );
    assert.ok(lines.every((line) => line.length === 22));
    assert.equal(lines[2]![lines[0]!.indexOf('access_key_1_active')], 'true');
    assert.equal(lines[1]![lines[0]!.indexOf('access_key_1_last_used_service')], 'iam');
  });
});

test('identity providers', async () => {
  const Url = 'https://token.example.com/path';
  const print = 'a'.repeat(40);
  const { OpenIDConnectProviderArn: arn } = await iam.send(
    new CreateOpenIDConnectProviderCommand({ Url, ClientIDList: ['one'], ThumbprintList: [print] }),
  );
  const OpenIDConnectProviderArn = arn!;
  assert.equal(arn, `arn:aws:iam::${testAccount}:oidc-provider/token.example.com/path`);
  const get = () => iam.send(new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn }));
  await fails(
    iam.send(new CreateOpenIDConnectProviderCommand({ Url })),
    'EntityAlreadyExistsException',
    409,
    `Provider with url ${Url} already exists.`,
  );
  await iam.send(new AddClientIDToOpenIDConnectProviderCommand({ OpenIDConnectProviderArn, ClientID: 'two' }));
  await iam.send(new RemoveClientIDFromOpenIDConnectProviderCommand({ OpenIDConnectProviderArn, ClientID: 'one' }));
  const ThumbprintList = ['b'.repeat(40)];
  await iam.send(new UpdateOpenIDConnectProviderThumbprintCommand({ OpenIDConnectProviderArn, ThumbprintList }));
  const Tags = [{ Key: 'a', Value: 'b' }];
  await iam.send(new TagOpenIDConnectProviderCommand({ OpenIDConnectProviderArn, Tags }));
  const { $metadata: _, CreateDate: __, ...found } = await get();
  assert.deepEqual(found, { Url: 'token.example.com/path', ClientIDList: ['two'], ThumbprintList, Tags });
  await iam.send(new UntagOpenIDConnectProviderCommand({ OpenIDConnectProviderArn, TagKeys: ['a'] }));
  const tags = await iam.send(new ListOpenIDConnectProviderTagsCommand({ OpenIDConnectProviderArn }));
  assert.deepEqual(tags.Tags, []);
  const { OpenIDConnectProviderList: list } = await iam.send(new ListOpenIDConnectProvidersCommand({}));
  assert.deepEqual(list, [{ Arn: arn }]);
  await fails(
    iam.send(new CreateOpenIDConnectProviderCommand({ Url: 'http://x.example.com' })),
    'ValidationError',
    400,
    'Invalid Open ID Connect Provider URL',
  );
  await fails(
    iam.send(new CreateOpenIDConnectProviderCommand({ Url, ThumbprintList: Array(6).fill(print) })),
    'InvalidInputException',
    400,
    'Thumbprint list must contain fewer than 5 entries.',
  );
  await fails(
    iam.send(
      new CreateOpenIDConnectProviderCommand({
        Url: `https://${'x'.repeat(300)}`,
        ClientIDList: [''],
        ThumbprintList: ['a'],
      }),
    ),
    'ValidationError',
    400,
    /^3 validation errors detected: .*Value at 'clientIDList' failed to satisfy constraint: Member must satisfy constraint: \[Member must have length less than or equal to 255, Member must have length greater than or equal to 1\]/,
  );
  await iam.send(new DeleteOpenIDConnectProviderCommand({ OpenIDConnectProviderArn }));
  await iam.send(new DeleteOpenIDConnectProviderCommand({ OpenIDConnectProviderArn }));
  await fails(get(), 'NoSuchEntityException', 404, `OpenIDConnect Provider not found for arn ${arn}`);
});

test('what does not exist here says so', async () => {
  await assert.rejects(iam.send(new ListServerCertificatesCommand({})), { name: 'NotImplemented' });
});

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  AttachGroupPolicyCommand,
  AttachRolePolicyCommand,
  AttachUserPolicyCommand,
  CreateGroupCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeletePolicyCommand,
  DeletePolicyVersionCommand,
  DeleteUserPolicyCommand,
  DetachUserPolicyCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetUserPolicyCommand,
  type IAMClient,
  ListAttachedUserPoliciesCommand,
  ListEntitiesForPolicyCommand,
  ListGroupPoliciesCommand,
  ListPoliciesCommand,
  type ListPoliciesCommandInput,
  ListPoliciesGrantingServiceAccessCommand,
  ListPolicyTagsCommand,
  ListPolicyVersionsCommand,
  ListUserPoliciesCommand,
  PutGroupPolicyCommand,
  PutUserPermissionsBoundaryCommand,
  PutUserPolicyCommand,
  paginateListPolicies,
  SetDefaultPolicyVersionCommand,
  TagPolicyCommand,
} from '@aws-sdk/client-iam';
import { serviceLinkedRoles } from '#auth/service-linked-roles.ts';
import { managedPolicies } from '#policy/managed/all.ts';
import { startTestControlPlane, type TestControlPlane, testAccount } from '../../support/control-plane.ts';
import { allow, decode, fails, policy, trust } from './support.ts';

let plane: TestControlPlane;
let iam: IAMClient;
before(async () => {
  plane = await startTestControlPlane();
  iam = plane.iam();
});
after(() => plane.close());

const document = policy(allow('ecs:RunTask'));
const arnOf = (name: string) => `arn:aws:iam::${testAccount}:policy/${name}`;
const create = (PolicyName: string, PolicyDocument = document) =>
  iam.send(new CreatePolicyCommand({ PolicyName, PolicyDocument }));
const ours = 'arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy';

describe('managed policies', () => {
  test('are made, described, tagged and deleted', async () => {
    const { Policy: made } = await iam.send(
      new CreatePolicyCommand({ PolicyName: 'p', Path: '/a/', PolicyDocument: document, Description: 'text' }),
    );
    assert.match(made?.PolicyId ?? '', /^ANPA[A-Z2-7]{17}$/);
    assert.equal(made?.Arn, arnOf('a/p'));
    assert.deepEqual(Object.keys(made ?? {}).sort(), [
      'Arn',
      'AttachmentCount',
      'CreateDate',
      'DefaultVersionId',
      'IsAttachable',
      'Path',
      'PermissionsBoundaryUsageCount',
      'PolicyId',
      'PolicyName',
      'UpdateDate',
    ]);
    const PolicyArn = made!.Arn!;
    const { Policy: found } = await iam.send(new GetPolicyCommand({ PolicyArn }));
    assert.deepEqual(found, { ...made, Description: 'text', Tags: [] });
    await iam.send(new TagPolicyCommand({ PolicyArn, Tags: [{ Key: 'k', Value: 'v' }] }));
    assert.deepEqual((await iam.send(new ListPolicyTagsCommand({ PolicyArn }))).Tags, [{ Key: 'k', Value: 'v' }]);
    await fails(
      create('P'),
      'EntityAlreadyExistsException',
      409,
      'A policy called P already exists. Duplicate names are not allowed.',
    );
    await iam.send(new DeletePolicyCommand({ PolicyArn }));
    await fails(
      iam.send(new GetPolicyCommand({ PolicyArn })),
      'NoSuchEntityException',
      404,
      `Policy ${PolicyArn} was not found.`,
    );
    await fails(
      iam.send(new GetPolicyCommand({ PolicyArn: 'no-arn-but-long-enough' })),
      'InvalidInputException',
      400,
      'ARN no-arn-but-long-enough is not valid.',
    );
    await fails(
      iam.send(new GetPolicyCommand({ PolicyArn: 'short' })),
      'ValidationError',
      400,
      "1 validation error detected: Value at 'policyArn' failed to satisfy constraint: Member must have length greater than or equal to 20",
    );
  });

  test('documents are checked', async () => {
    const malformed = (text: string, message: string | RegExp) =>
      fails(create('bad', text), 'MalformedPolicyDocumentException', 400, message);
    await malformed('{', 'Syntax errors in policy.');
    await malformed(policy({ Effect: 'Allow', Action: 'ecs:*' }), 'Policy statement must contain resources.');
    await malformed(
      document.replace('2012-10-17', '2008-10-17'),
      'Policy document must be version 2012-10-17 or greater.',
    );
    const large = policy(allow(Array.from({ length: 500 }, (_, n) => `ecs:ActionNumber${n}`)));
    await fails(create('large', large), 'LimitExceededException', 409, 'Cannot exceed quota for PolicySize: 6144');
    await create('spaced', JSON.stringify(JSON.parse(document), undefined, 4).padEnd(10_000));
  });

  test('have at most five versions, of which one holds', async () => {
    await create('v');
    const PolicyArn = arnOf('v');
    const add = (SetAsDefault: boolean) =>
      iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: document, SetAsDefault }));
    const versions = async () =>
      (await iam.send(new ListPolicyVersionsCommand({ PolicyArn }))).Versions?.map(
        (one) => `${one.VersionId}${one.IsDefaultVersion ? '*' : ''}`,
      );
    const { PolicyVersion: second } = await add(true);
    assert.deepEqual([second?.VersionId, second?.IsDefaultVersion, second?.Document], ['v2', true, undefined]);
    for (let n = 3; n <= 5; n++) await add(false);
    assert.deepEqual(await versions(), ['v5', 'v4', 'v3', 'v2*', 'v1']);
    await fails(
      add(false),
      'LimitExceededException',
      409,
      'A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.',
    );
    const remove = (VersionId: string) => iam.send(new DeletePolicyVersionCommand({ PolicyArn, VersionId }));
    await fails(remove('v2'), 'DeleteConflictException', 409, 'Cannot delete the default version of a policy.');
    await remove('v5');
    assert.equal((await add(false)).PolicyVersion?.VersionId, 'v6');
    await iam.send(new SetDefaultPolicyVersionCommand({ PolicyArn, VersionId: 'v1' }));
    assert.deepEqual(await versions(), ['v6', 'v4', 'v3', 'v2', 'v1*']);
    const { PolicyVersion: first } = await iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId: 'v1' }));
    assert.deepEqual(decode(first?.Document), JSON.parse(document));
    await fails(
      iam.send(new SetDefaultPolicyVersionCommand({ PolicyArn, VersionId: 'v9' })),
      'NoSuchEntityException',
      404,
      `Policy ${PolicyArn} version v9 does not exist or is not attachable.`,
    );
    await fails(
      iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId: '1' })),
      'ValidationError',
      400,
      "1 validation error detected: Value at 'versionId' failed to satisfy constraint: Member must satisfy regular expression pattern: v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?",
    );
    await fails(
      iam.send(new DeletePolicyCommand({ PolicyArn })),
      'DeleteConflictException',
      409,
      /more than one version/,
    );
  });

  test("of AWS: there in every account, nobody's to change", async () => {
    const { Policy: found } = await iam.send(new GetPolicyCommand({ PolicyArn: ours }));
    assert.equal(found?.DefaultVersionId, 'v1');
    const { PolicyVersion: version } = await iam.send(
      new GetPolicyVersionCommand({ PolicyArn: ours, VersionId: 'v1' }),
    );
    assert.ok(decode(version?.Document).Statement[0].Action.includes('ecr:GetAuthorizationToken'));
    for (const change of [
      iam.send(new DeletePolicyCommand({ PolicyArn: ours })),
      iam.send(new CreatePolicyVersionCommand({ PolicyArn: ours, PolicyDocument: document })),
      iam.send(new TagPolicyCommand({ PolicyArn: ours, Tags: [] })),
    ]) {
      await fails(change, 'AccessDenied', 403, new RegExp(`on resource: policy ${ours}$`));
    }
    for (const { policy: name } of serviceLinkedRoles.values())
      assert.ok(managedPolicies.has(`arn:aws:iam::aws:policy/aws-service-role/${name}`), name);
  });

  test("lists: AWS's, the account's, attached ones, in pages", async () => {
    const all: (string | undefined)[] = [];
    for await (const page of paginateListPolicies({ client: iam, pageSize: 7 }, {}))
      all.push(...(page.Policies ?? []).map((one) => one.Arn));
    assert.equal(new Set(all).size, all.length);
    assert.deepEqual(all.slice(0, managedPolicies.size).sort(), [...managedPolicies.keys()].sort());
    const names = async (input: ListPoliciesCommandInput) =>
      (await iam.send(new ListPoliciesCommand(input))).Policies?.map((one) => one.PolicyName);
    await create('listed');
    assert.ok((await names({ Scope: 'Local' }))?.includes('listed'));
    assert.ok(!(await names({ Scope: 'AWS', MaxItems: 1000 }))?.includes('listed'));
    assert.deepEqual(await names({ Scope: 'Local', OnlyAttached: true }), []);
    await iam.send(new CreateUserCommand({ UserName: 'l' }));
    await iam.send(new PutUserPermissionsBoundaryCommand({ UserName: 'l', PermissionsBoundary: arnOf('listed') }));
    assert.deepEqual(await names({ PolicyUsageFilter: 'PermissionsBoundary' }), ['listed']);
    await fails(
      iam.send(new DeletePolicyCommand({ PolicyArn: arnOf('listed') })),
      'DeleteConflictException',
      409,
      'Cannot delete a policy attached to entities.',
    );
  });
});

describe('attached policies', () => {
  test('ten a user; whoever has a policy is listed', async () => {
    await iam.send(new CreateUserCommand({ UserName: 'ten' }));
    await create('shared');
    const PolicyArn = arnOf('shared');
    const attach = (arn: string) => iam.send(new AttachUserPolicyCommand({ UserName: 'ten', PolicyArn: arn }));
    for (let n = 0; n < 9; n++) {
      await create(`ten${n}`);
      await attach(arnOf(`ten${n}`));
    }
    await attach(PolicyArn);
    await attach(PolicyArn);
    await fails(attach(ours), 'LimitExceededException', 409, 'Cannot exceed quota for PoliciesPerUser: 10');
    await fails(
      attach(arnOf('missing')),
      'NoSuchEntityException',
      404,
      `Policy ${arnOf('missing')} does not exist or is not attachable.`,
    );
    await iam.send(new CreateGroupCommand({ GroupName: 'ten' }));
    await iam.send(new AttachGroupPolicyCommand({ GroupName: 'ten', PolicyArn }));
    await iam.send(
      new CreateRoleCommand({ RoleName: 'ten', Path: '/r/', AssumeRolePolicyDocument: trust('ec2.amazonaws.com') }),
    );
    await iam.send(new AttachRolePolicyCommand({ RoleName: 'ten', PolicyArn }));
    const entities = await iam.send(new ListEntitiesForPolicyCommand({ PolicyArn }));
    assert.deepEqual(
      [entities.PolicyUsers, entities.PolicyGroups, entities.PolicyRoles].map((list) => list?.length),
      [1, 1, 1],
    );
    const inPath = await iam.send(new ListEntitiesForPolicyCommand({ PolicyArn, PathPrefix: '/r/' }));
    assert.deepEqual([inPath.PolicyUsers, inPath.PolicyRoles?.[0]?.RoleName], [[], 'ten']);
    const users = await iam.send(new ListEntitiesForPolicyCommand({ PolicyArn, EntityFilter: 'User' }));
    assert.deepEqual([users.PolicyUsers?.length, users.PolicyGroups], [1, []]);
    assert.equal((await iam.send(new GetPolicyCommand({ PolicyArn }))).Policy?.AttachmentCount, 3);
    const detach = () => iam.send(new DetachUserPolicyCommand({ UserName: 'ten', PolicyArn }));
    await detach();
    await fails(detach(), 'NoSuchEntityException', 404, `Policy ${PolicyArn} was not found.`);
    const { AttachedPolicies: left } = await iam.send(new ListAttachedUserPoliciesCommand({ UserName: 'ten' }));
    assert.equal(left?.length, 9);
  });

  test('those of service-linked roles are not for others', async () => {
    await iam.send(new CreateUserCommand({ UserName: 'other' }));
    await fails(
      iam.send(
        new AttachUserPolicyCommand({
          UserName: 'other',
          PolicyArn: 'arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy',
        }),
      ),
      'PolicyNotAttachableException',
      400,
      'Cannot attach a Service Role Policy to a Customer Role.',
    );
  });
});

describe('inline policies', () => {
  test('come back as they were sent, in one size for all', async () => {
    const UserName = 'inline';
    await iam.send(new CreateUserCommand({ UserName }));
    const put = (PolicyName: string, PolicyDocument: string) =>
      iam.send(new PutUserPolicyCommand({ UserName, PolicyName, PolicyDocument }));
    const text = JSON.stringify(JSON.parse(policy(allow("s3:Get*(x)!'", 'arn:aws:s3:::b/ü*'))), undefined, 1);
    await put('b', text);
    await put('a', document);
    const got = await iam.send(new GetUserPolicyCommand({ UserName, PolicyName: 'b' }));
    assert.match(got.PolicyDocument ?? '', /^[A-Za-z0-9%._~-]+$/);
    assert.equal(decodeURIComponent(got.PolicyDocument ?? ''), text);
    const { PolicyNames: names } = await iam.send(new ListUserPoliciesCommand({ UserName }));
    assert.deepEqual(names, ['a', 'b']);
    const large = policy(allow(Array.from({ length: 90 }, (_, n) => `ecs:ActionNumber${n}`)));
    await fails(
      put('c', large),
      'LimitExceededException',
      409,
      'Maximum policy size of 2048 bytes exceeded for user inline',
    );
    await iam.send(new DeleteUserPolicyCommand({ UserName, PolicyName: 'a' }));
    await fails(
      iam.send(new GetUserPolicyCommand({ UserName, PolicyName: 'a' })),
      'NoSuchEntityException',
      404,
      'The user policy with name a cannot be found.',
    );
    await fails(put('d', '[]'), 'MalformedPolicyDocumentException', 400, 'Syntax errors in policy.');
  });

  test('of groups; who grants what', async () => {
    const { Group: group } = await iam.send(new CreateGroupCommand({ GroupName: 'inline' }));
    const PolicyDocument = policy(allow('ecs:Describe*'));
    await iam.send(new PutGroupPolicyCommand({ GroupName: 'inline', PolicyName: 'look', PolicyDocument }));
    await iam.send(new AttachGroupPolicyCommand({ GroupName: 'inline', PolicyArn: ours }));
    assert.deepEqual((await iam.send(new ListGroupPoliciesCommand({ GroupName: 'inline' }))).PolicyNames, ['look']);
    const granting = await iam.send(
      new ListPoliciesGrantingServiceAccessCommand({ Arn: group!.Arn!, ServiceNamespaces: ['ecs', 'logs', 's3'] }),
    );
    assert.deepEqual(granting.PoliciesGrantingServiceAccess, [
      {
        ServiceNamespace: 'ecs',
        Policies: [{ PolicyName: 'look', PolicyType: 'INLINE', EntityType: 'GROUP', EntityName: 'inline' }],
      },
      {
        ServiceNamespace: 'logs',
        Policies: [{ PolicyName: 'AmazonECSTaskExecutionRolePolicy', PolicyType: 'MANAGED', PolicyArn: ours }],
      },
      { ServiceNamespace: 's3', Policies: [] },
    ]);
  });
});

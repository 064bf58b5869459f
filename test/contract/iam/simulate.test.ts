import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  AddUserToGroupCommand,
  AttachGroupPolicyCommand,
  CreateGroupCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  GetContextKeysForCustomPolicyCommand,
  GetContextKeysForPrincipalPolicyCommand,
  type IAMClient,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
  SimulateCustomPolicyCommand,
  type SimulateCustomPolicyCommandInput,
  SimulatePrincipalPolicyCommand,
  type SimulatePrincipalPolicyCommandInput,
} from '@aws-sdk/client-iam';
import { startTestControlPlane, type TestControlPlane, testAccount } from '../../support/control-plane.ts';
import { allow, fails, policy, trust } from './support.ts';

let plane: TestControlPlane;
let iam: IAMClient;
before(async () => {
  plane = await startTestControlPlane();
  iam = plane.iam();
});
after(() => plane.close());

const deny = (action: string, resource = '*') => ({ Effect: 'Deny', Action: action, Resource: resource });
const custom = async (input: SimulateCustomPolicyCommandInput) =>
  (await iam.send(new SimulateCustomPolicyCommand(input))).EvaluationResults ?? [];
const principal = async (input: SimulatePrincipalPolicyCommandInput) =>
  (await iam.send(new SimulatePrincipalPolicyCommand(input))).EvaluationResults ?? [];
const cluster = (name: string) => `arn:aws:ecs:us-east-1:${testAccount}:cluster/${name}`;

describe('policies in the request', () => {
  test('decide, and the statements that did are named with their place', async () => {
    const [run, stop, list] = await custom({
      PolicyInputList: [policy(allow('ecs:*'), deny('ecs:StopTask'))],
      ActionNames: ['ecs:RunTask', 'ecs:StopTask', 's3:ListBucket'],
    });
    assert.deepEqual(
      [run?.EvalDecision, stop?.EvalDecision, list?.EvalDecision],
      ['allowed', 'explicitDeny', 'implicitDeny'],
    );
    const length = JSON.stringify(allow('ecs:*')).length;
    assert.deepEqual(run?.MatchedStatements, [
      {
        SourcePolicyId: 'PolicyInputList.1',
        SourcePolicyType: 'IAM Policy',
        StartPosition: { Line: 1, Column: 38 },
        EndPosition: { Line: 1, Column: 38 + length },
      },
    ]);
    assert.deepEqual(
      stop?.MatchedStatements?.map((one) => one.StartPosition),
      [{ Line: 1, Column: 39 + length }],
    );
    assert.deepEqual([list?.MatchedStatements, list?.EvalResourceName], [[], '*']);
    assert.equal(run?.ResourceSpecificResults, undefined);
  });

  test('resources have results of their own', async () => {
    const ActionNames = ['ecs:DescribeClusters'];
    const PolicyInputList = [policy(allow('ecs:*', cluster('a')))];
    const [both] = await custom({ PolicyInputList, ActionNames, ResourceArns: [cluster('a'), cluster('b')] });
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the simulator's own notation
    assert.equal(both?.EvalResourceName, 'arn:aws:ecs:${Region}:${Account}:cluster/${ClusterName}');
    assert.equal(both?.EvalDecision, 'implicitDeny');
    assert.deepEqual(
      both?.ResourceSpecificResults?.map((one) => [one.EvalResourceName, one.EvalResourceDecision]),
      [
        [cluster('a'), 'allowed'],
        [cluster('b'), 'implicitDeny'],
      ],
    );
    const [one] = await custom({ PolicyInputList, ActionNames, ResourceArns: [cluster('a')] });
    assert.deepEqual([one?.EvalResourceName, one?.EvalDecision], [cluster('a'), 'allowed']);
    assert.equal(one?.MatchedStatements?.length, 1);
  });

  test('conditions: what is given counts, what is missing is said', async () => {
    const guarded = policy({
      ...allow('ecs:RunTask'),
      Condition: { StringEquals: { 'aws:RequestTag/team': 'a' }, Bool: { 'aws:SecureTransport': 'true' } },
    });
    const run = async (ContextEntries: SimulateCustomPolicyCommandInput['ContextEntries']) =>
      (await custom({ PolicyInputList: [guarded], ActionNames: ['ecs:RunTask'], ContextEntries }))[0];
    const without = await run([]);
    assert.equal(without?.EvalDecision, 'implicitDeny');
    assert.deepEqual(without?.MissingContextValues, ['aws:RequestTag/team', 'aws:SecureTransport']);
    const tag = { ContextKeyName: 'aws:RequestTag/team', ContextKeyType: 'string', ContextKeyValues: ['a'] } as const;
    const tls = {
      ContextKeyName: 'aws:securetransport',
      ContextKeyType: 'boolean',
      ContextKeyValues: ['true'],
    } as const;
    const given = await run([
      { ...tag, ContextKeyValues: ['a'] },
      { ...tls, ContextKeyValues: ['true'] },
    ]);
    assert.deepEqual([given?.EvalDecision, given?.MissingContextValues], ['allowed', []]);
  });

  test('a boundary limits; a resource policy across accounts needs both sides', async () => {
    const [bounded] = await custom({
      PolicyInputList: [policy(allow('*'))],
      PermissionsBoundaryPolicyInputList: [policy(allow('s3:*'))],
      ActionNames: ['ecs:RunTask'],
    });
    assert.equal(bounded?.EvalDecision, 'implicitDeny');
    assert.equal(bounded?.PermissionsBoundaryDecisionDetail?.AllowedByPermissionsBoundary, false);
    const CallerArn = `arn:aws:iam::${testAccount}:user/bob`;
    const across = {
      ActionNames: ['ecr:BatchGetImage'],
      ResourceArns: ['arn:aws:ecr:us-east-1:210987654321:repository/r'],
      ResourcePolicy: policy({ Effect: 'Allow', Principal: { AWS: CallerArn }, Action: 'ecr:*', Resource: '*' }),
      CallerArn,
    };
    const [allowed] = await custom({ ...across, PolicyInputList: [policy(allow('ecr:*'))] });
    assert.equal(allowed?.EvalDecision, 'allowed');
    const [half] = await custom({ ...across, PolicyInputList: [policy(allow('s3:*'))] });
    assert.equal(half?.EvalDecision, 'implicitDeny');
    assert.deepEqual(half?.EvalDecisionDetails, { 'IAM Policy': 'implicitDeny', 'Resource Policy': 'allowed' });
    const { CallerArn: _, ...nobody } = across;
    await fails(
      custom({ ...nobody, PolicyInputList: [policy(allow('*'))] }),
      'InvalidInputException',
      400,
      /caller ARN/,
    );
  });

  test('levels of an organisation must all allow', async () => {
    const run = async (...levels: string[]) =>
      (
        await custom({
          PolicyInputList: [policy(allow('*'))],
          ActionNames: ['ecs:RunTask'],
          OrderedOrganizationPolicyInputList: levels.map((one) => ({ ServiceControlPolicyInputList: [one] })),
        })
      )[0];
    const within = await run(policy(allow('*')), policy(allow('ecs:*')));
    assert.deepEqual(
      [within?.EvalDecision, within?.OrganizationsDecisionDetail],
      ['allowed', { AllowedByOrganizations: true }],
    );
    const outside = await run(policy(allow('*')), policy(allow('s3:*')));
    assert.deepEqual(
      [outside?.EvalDecision, outside?.OrganizationsDecisionDetail],
      ['implicitDeny', { AllowedByOrganizations: false }],
    );
  });

  test('bad input', async () => {
    await fails(
      custom({ PolicyInputList: ['{'], ActionNames: ['ecs:RunTask'] }),
      'InvalidInputException',
      400,
      /PolicyInputList\.1/,
    );
    const keys = await iam.send(
      new GetContextKeysForCustomPolicyCommand({
        PolicyInputList: [
          policy({
            // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the policy
            ...allow('s3:*', 'arn:aws:s3:::b/${aws:username}/*'),
            // biome-ignore lint/suspicious/noTemplateCurlyInString: variables of the policy
            Condition: { StringLike: { 's3:prefix': ["${aws:PrincipalTag/team, 'none'}", '${*}'] } },
          }),
        ],
      }),
    );
    assert.deepEqual(keys.ContextKeyNames, ['aws:PrincipalTag/team', 'aws:username', 's3:prefix']);
  });
});

describe('principals', () => {
  const PolicyArn = 'arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly';
  let user = '';
  let role = '';

  before(async () => {
    user = (await iam.send(new CreateUserCommand({ UserName: 'sim', Tags: [{ Key: 'team', Value: 'a' }] }))).User!.Arn!;
    await iam.send(new CreateGroupCommand({ GroupName: 'sim' }));
    await iam.send(new AddUserToGroupCommand({ GroupName: 'sim', UserName: 'sim' }));
    await iam.send(new AttachGroupPolicyCommand({ GroupName: 'sim', PolicyArn }));
    const own = {
      ...allow('ecs:RunTask'),
      Condition: { StringEquals: { 'aws:PrincipalTag/team': 'a', 'aws:username': 'sim' } },
    };
    await iam.send(new PutUserPolicyCommand({ UserName: 'sim', PolicyName: 'own', PolicyDocument: policy(own) }));
    const AssumeRolePolicyDocument = trust('ecs-tasks.amazonaws.com');
    role = (await iam.send(new CreateRoleCommand({ RoleName: 'sim', AssumeRolePolicyDocument }))).Role!.Arn!;
    const PolicyDocument = policy(allow('*'));
    await iam.send(new PutRolePolicyCommand({ RoleName: 'sim', PolicyName: 'all', PolicyDocument }));
    const limit = { PolicyName: 'limit', PolicyDocument: policy(allow('ecs:*')) };
    const { Policy: boundary } = await iam.send(new CreatePolicyCommand(limit));
    await iam.send(new PutRolePermissionsBoundaryCommand({ RoleName: 'sim', PermissionsBoundary: boundary!.Arn! }));
  });

  test("a user has its groups' policies, its name and its tags", async () => {
    const [pull, run, stop] = await principal({
      PolicySourceArn: user,
      ActionNames: ['ecr:BatchGetImage', 'ecs:RunTask', 'ecs:StopTask'],
    });
    assert.deepEqual(
      [pull?.EvalDecision, run?.EvalDecision, stop?.EvalDecision],
      ['allowed', 'allowed', 'implicitDeny'],
    );
    assert.equal(pull?.MatchedStatements?.[0]?.SourcePolicyId, 'AmazonEC2ContainerRegistryReadOnly');
    assert.equal(run?.MatchedStatements?.[0]?.SourcePolicyId, 'user_sim_own');
    const [without] = await principal({
      PolicySourceArn: user,
      ActionNames: ['ecr:BatchGetImage'],
      PolicyExclusionList: [{ PolicyArn }],
    });
    assert.equal(without?.EvalDecision, 'implicitDeny');
    const keys = await iam.send(new GetContextKeysForPrincipalPolicyCommand({ PolicySourceArn: user }));
    assert.deepEqual(keys.ContextKeyNames, ['aws:PrincipalTag/team', 'aws:username']);
  });

  test('a role has its boundary', async () => {
    const [run, list] = await principal({ PolicySourceArn: role, ActionNames: ['ecs:RunTask', 's3:ListBucket'] });
    assert.deepEqual([run?.EvalDecision, list?.EvalDecision], ['allowed', 'implicitDeny']);
    assert.deepEqual(
      [run, list].map((one) => one?.PermissionsBoundaryDecisionDetail?.AllowedByPermissionsBoundary),
      [true, false],
    );
    assert.equal(run?.MatchedStatements?.[0]?.SourcePolicyId, 'role_sim_all');
  });

  test('pages, and what is no principal', async () => {
    const ActionNames = ['ecs:RunTask', 'ecs:StopTask', 'ecs:ListTasks'];
    const first = await iam.send(
      new SimulatePrincipalPolicyCommand({ PolicySourceArn: role, ActionNames, MaxItems: 2 }),
    );
    assert.deepEqual([first.EvaluationResults?.length, first.IsTruncated], [2, true]);
    const rest = await principal({ PolicySourceArn: role, ActionNames, Marker: first.Marker });
    assert.deepEqual(
      rest.map((one) => one.EvalActionName),
      ['ecs:ListTasks'],
    );
    const root = `arn:aws:iam::${testAccount}:root`;
    await fails(
      principal({ PolicySourceArn: root, ActionNames }),
      'InvalidInputException',
      400,
      `Invalid Entity Arn: ${root} does not clearly define entity type and name.`,
    );
    const nobody = `arn:aws:iam::${testAccount}:role/nobody`;
    await fails(
      principal({ PolicySourceArn: nobody, ActionNames }),
      'NoSuchEntityException',
      404,
      'The role with name nobody cannot be found.',
    );
  });
});

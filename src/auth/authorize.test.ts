import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FakeClock } from '#lib/clock.ts';
import type { GroupRow, RoleRow, UserRow } from '#model/iam.ts';
import type { AuthorizationRequest, Permission } from '#protocol/authorize.ts';
import type { Principal, SessionFacts } from '#protocol/service.ts';
import { volatileJournal } from '#store/journals/volatile.ts';
import { Store } from '#store/store.ts';
import { allTables } from '#store/tables/all.ts';
import { groups, managedPolicies, roles, users } from '#store/tables/iam.ts';
import { createAuthorize, type Denial } from './authorize.ts';

const account = '111122223333';
const other = '444455556666';
const clock = new FakeClock(Date.UTC(2026, 10, 21, 12));

const document = (...statements: readonly object[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements });
const allow = (action: string, resource = '*', condition?: object) => ({
  Effect: 'Allow',
  Action: action,
  Resource: resource,
  ...(condition && { Condition: condition }),
});
const deny = (action: string) => ({ Effect: 'Deny', Action: action, Resource: '*' });
const inline = (...statements: readonly object[]) => [{ name: 'p', document: document(...statements) }];

const identity = { account, path: '/', createdAt: 0, attachedPolicyArns: [], inlinePolicies: [], tags: {} };
const user: UserRow = {
  ...identity,
  arn: `arn:aws:iam::${account}:user/ada`,
  name: 'ada',
  id: 'AIDAEXAMPLEEXAMPLE01',
  groupArns: [],
};
const group: GroupRow = {
  ...identity,
  arn: `arn:aws:iam::${account}:group/dev`,
  name: 'dev',
  id: 'AGPAEXAMPLEEXAMPLE01',
};
const role: RoleRow = {
  ...identity,
  arn: `arn:aws:iam::${account}:role/team/deploy`,
  name: 'deploy',
  id: 'AROAEXAMPLEEXAMPLE01',
  assumeRolePolicyDocument: '{}',
  maxSessionDurationSeconds: 3600,
};
const ada: Principal = { account, arn: user.arn, userId: user.id, accessKeyId: 'AKIA' };
const root = (of: string): Principal => ({
  account: of,
  arn: `arn:aws:iam::${of}:root`,
  userId: of,
  accessKeyId: 'AKIA',
});
const facts: SessionFacts = {
  kind: 'assumed-role',
  issuedAt: clock.now() - 60_000,
  expiresAt: clock.now() + 60_000,
  issuerArn: role.arn,
  issuerId: role.id,
  name: 'ci',
};
const session = (more: Partial<SessionFacts> = {}): Principal => ({
  account,
  arn: `arn:aws:sts::${account}:assumed-role/deploy/ci`,
  userId: `${role.id}:ci`,
  accessKeyId: 'ASIA',
  session: { ...facts, ...more },
});

async function open() {
  const store = await Store.open({ journal: volatileJournal(), tables: allTables });
  const denials: Denial[] = [];
  const used: string[] = [];
  const authorize = createAuthorize({
    view: store,
    clock,
    denied: (denial) => denials.push(denial),
    roleUsed: (arn) => used.push(arn),
  });
  const ask = (principal: Principal, permission: Partial<Permission>, more: Partial<AuthorizationRequest> = {}) =>
    authorize({
      requestId: 'r',
      region: 'us-east-1',
      sourceIp: '10.0.0.1',
      userAgent: 'test',
      secure: false,
      principal,
      permissions: [{ action: 'ecs:RunTask', resource: '*', ...permission }],
      ...more,
    });
  const put = (change: { user?: Partial<UserRow>; group?: Partial<GroupRow>; role?: Partial<RoleRow> }) =>
    store.transact((tx) => {
      if (change.user) tx.put(users, { ...user, ...change.user });
      if (change.group) tx.put(groups, { ...group, ...change.group });
      if (change.role) tx.put(roles, { ...role, ...change.role });
    });
  return { store, ask, put, denials, used };
}

const cluster = `arn:aws:ecs:us-east-1:${account}:cluster/web`;

describe('a user', () => {
  test('may do what its own policies, those of its groups, and managed ones allow, as they are now', async () => {
    const { store, ask, put } = await open();
    assert.equal(ask(ada, {}).allowed, false);
    put({ user: { inlinePolicies: inline(allow('ecs:RunTask')) } });
    assert.equal(ask(ada, {}).allowed, true);
    put({ user: { groupArns: [group.arn] }, group: { inlinePolicies: inline(allow('ecs:RunTask')) } });
    assert.equal(ask(ada, {}).allowed, true);
    put({ group: { attachedPolicyArns: ['arn:aws:iam::aws:policy/AmazonECS_FullAccess'] } });
    assert.equal(ask(ada, {}).allowed, true);
    put({ group: {} });
    assert.equal(ask(ada, {}).allowed, false);
    const arn = `arn:aws:iam::${account}:policy/run`;
    const managed = (statement: object) =>
      store.transact((tx) =>
        tx.put(managedPolicies, {
          arn,
          account,
          path: '/',
          name: 'run',
          id: 'ANPA',
          createdAt: 0,
          updatedAt: 0,
          defaultVersionId: 'v1',
          versions: [{ versionId: 'v1', document: document(statement), createdAt: 0 }],
          nextVersion: 2,
          tags: {},
        }),
      );
    managed(allow('ecs:*'));
    put({ user: { attachedPolicyArns: [arn] } });
    assert.equal(ask(ada, {}).allowed, true);
    managed(deny('ecs:*'));
    assert.deepEqual(ask(ada, { resource: cluster }), {
      allowed: false,
      message: `User: ${user.arn} is not authorized to perform: ecs:RunTask on resource: ${cluster} with an explicit deny in an identity-based policy`,
    });
  });

  test('is bound by its permissions boundary, also by one that is gone', async () => {
    const { ask, put } = await open();
    const own = { inlinePolicies: inline(allow('*')) };
    put({ user: { ...own, permissionsBoundary: 'arn:aws:iam::aws:policy/CloudWatchLogsFullAccess' } });
    assert.match(
      (ask(ada, {}) as { message: string }).message,
      /because no permissions boundary allows the ecs:RunTask/,
    );
    assert.equal(ask(ada, { action: 'logs:PutLogEvents' }).allowed, true);
    put({ user: { ...own, permissionsBoundary: `arn:aws:iam::${account}:policy/gone` } });
    assert.equal(ask(ada, { action: 'logs:PutLogEvents' }).allowed, false);
  });

  test('that took over a name has none of the rights of the one before', async () => {
    const { ask, put } = await open();
    put({ user: { id: 'AIDAOTHEROTHEROTHER1', inlinePolicies: inline(allow('*')) } });
    assert.equal(ask(ada, {}).allowed, false);
  });

  test('whose policy cannot be read may do nothing', async () => {
    const { ask, put } = await open();
    put({ user: { inlinePolicies: [...inline(allow('*')), { name: 'broken', document: '{"Deny":' }] } });
    assert.equal(ask(ada, {}).allowed, false);
  });

  test('is not let into IAM by a session of its own', async () => {
    const { ask, put } = await open();
    put({ user: { inlinePolicies: inline(allow('*')) } });
    const temporary = { ...ada, session: { ...facts, kind: 'session-token' as const, issuerArn: user.arn } };
    assert.equal(ask(temporary, {}).allowed, true);
    assert.deepEqual(ask(temporary, { action: 'iam:ListUsers' }), {
      allowed: false,
      failure: 'unknownKey',
      message: 'The security token included in the request is invalid.',
    });
  });
});

describe('the root user', () => {
  test('may do everything in its account and nothing in others', async () => {
    const { ask } = await open();
    assert.equal(ask(root(account), { resource: cluster }).allowed, true);
    assert.equal(ask(root(other), { resource: cluster }).allowed, false);
  });
});

describe('a session of a role', () => {
  test('has the role and is bound by its session policies', async () => {
    const { ask, put, used } = await open();
    put({ role: { inlinePolicies: inline(allow('ecs:*')) } });
    assert.equal(ask(session(), {}).allowed, true);
    assert.deepEqual(used, [role.arn]);
    assert.equal(ask(session({ policies: [document(allow('ecs:RunTask'))] }), {}).allowed, true);
    assert.equal(ask(session({ policies: [document(allow('ecs:StopTask'))] }), {}).allowed, false);
    const read = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
    assert.equal(ask(session({ policyArns: [read] }), { action: 'ecs:ListClusters' }).allowed, true);
    assert.equal(ask(session({ policyArns: [read] }), {}).allowed, false);
    assert.equal(used.length, 3);
  });

  test('of a role that is gone has nothing', async () => {
    const { ask, put } = await open();
    put({ role: { id: 'AROAOTHEROTHEROTHER1', inlinePolicies: inline(allow('*')) } });
    assert.equal(ask(session(), {}).allowed, false);
  });

  test('ends by its time of issue when the role says so', async () => {
    const { ask, put } = await open();
    const older = (time: string) => ({
      ...deny('*'),
      Condition: { DateLessThan: { 'aws:TokenIssueTime': time } },
    });
    put({ role: { inlinePolicies: inline(allow('*'), older('2026-11-21T11:58:00Z')) } });
    assert.equal(ask(session(), {}).allowed, true);
    put({ role: { inlinePolicies: inline(allow('*'), older('2026-11-21T12:00:00Z')) } });
    assert.equal(ask(session(), {}).allowed, false);
  });
});

describe('a federated user', () => {
  const federated = (more: Partial<SessionFacts> = {}): Principal => ({
    account,
    arn: `arn:aws:sts::${account}:federated-user/bob`,
    userId: `${account}:bob`,
    accessKeyId: 'ASIA',
    session: { ...facts, kind: 'federated-user', issuerArn: user.arn, issuerId: user.id, name: 'bob', ...more },
  });
  test('may do what both the user and the session policies allow, and nothing without those', async () => {
    const { ask, put } = await open();
    put({ user: { inlinePolicies: inline(allow('ecs:*')) } });
    assert.equal(ask(federated(), {}).allowed, false);
    assert.equal(ask(federated({ policies: [document(allow('*'))] }), {}).allowed, true);
    assert.equal(ask(federated({ policies: [document(allow('*'))] }), { action: 'logs:PutLogEvents' }).allowed, false);
    const byRoot = { issuerArn: `arn:aws:iam::${account}:root`, issuerId: account };
    assert.equal(ask(federated({ ...byRoot, policies: [document(allow('ecs:*'))] }), {}).allowed, true);
  });
});

describe('resource policies', () => {
  const policyFor = (principal: unknown, effect = 'Allow') => ({
    name: 'policy of repository web',
    document: document({ Effect: effect, Principal: principal, Action: 'ecr:BatchGetImage' }),
  });
  const resource = `arn:aws:ecr:us-east-1:${account}:repository/web`;
  const pull = { action: 'ecr:BatchGetImage', resource };
  test('let users of the account in, and those of others when both sides allow', async () => {
    const { ask, put } = await open();
    put({ user: {} });
    assert.equal(ask(ada, pull).allowed, false);
    assert.equal(ask(ada, { ...pull, resourcePolicy: policyFor({ AWS: user.arn }) }).allowed, true);
    assert.equal(ask(root(other), pull).allowed, false);
    assert.equal(ask(root(other), { ...pull, resourcePolicy: policyFor({ AWS: other }) }).allowed, true);
    assert.equal(ask(root(account), { ...pull, resourcePolicy: policyFor('*', 'Deny') }).allowed, false);
  });
  test('say nothing of a role that is not there', async () => {
    const { ask, put } = await open();
    put({ user: { inlinePolicies: inline(allow('*')) } });
    const arn = `arn:aws:iam::${account}:role/gone`;
    assert.deepEqual(ask(ada, { action: 'sts:AssumeRole', resource: arn, needsResourcePolicy: true }), {
      allowed: false,
      message: `User: ${user.arn} is not authorized to perform: sts:AssumeRole on resource: ${arn}`,
    });
  });
});

describe('condition keys', () => {
  const permission: Partial<Permission> = {
    resource: cluster,
    resourceTags: { Team: 'blue' },
    requestTags: { Stage: 'test', owner: 'ada' },
    keys: { 'ecs:cluster': cluster, 'ecs:service': undefined },
  };
  const cases: readonly (readonly [condition: object, allowed: boolean])[] = [
    [{ StringEquals: { 'aws:PrincipalArn': role.arn, 'aws:PrincipalAccount': account } }, true],
    [{ StringEquals: { 'aws:PrincipalType': 'AssumedRole', 'aws:userid': `${role.id}:ci` } }, true],
    [{ StringEquals: { 'aws:PrincipalTag/team': 'red', 'aws:PrincipalTag/cost': '7' } }, true],
    [{ StringEquals: { 'aws:ResourceTag/team': 'blue', 'ecs:ResourceTag/Team': 'blue' } }, true],
    [{ StringEquals: { 'aws:ResourceTag/team': 'red' } }, false],
    [{ StringEquals: { 'aws:RequestTag/stage': 'test' } }, true],
    [{ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['Stage', 'owner'] } }, true],
    [{ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['Stage'] } }, false],
    [{ IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }, true],
    [{ Bool: { 'aws:SecureTransport': 'true' } }, false],
    [{ Bool: { 'aws:MultiFactorAuthPresent': 'false' } }, true],
    [{ StringEquals: { 'aws:RequestedRegion': 'us-east-1', 'aws:ResourceAccount': account } }, true],
    [{ DateGreaterThan: { 'aws:CurrentTime': '2026-11-21T11:59:59Z' } }, true],
    [{ StringEquals: { 'aws:SourceIdentity': 'ada' } }, true],
    [{ StringLike: { 'ecs:cluster': '*/web' }, Null: { 'ecs:service': 'true' } }, true],
    [{ ArnEquals: { 'ecs:SourceInstanceArn': 'arn:aws:ecs:us-east-1:111122223333:container-instance/web/1' } }, true],
    [{ Bool: { 'aws:ViaAWSService': 'false', 'aws:PrincipalIsAWSService': 'false' } }, true],
    [{ StringEquals: { 'aws:username': 'ada' } }, false],
  ];
  for (const [condition, allowed] of cases) {
    test(`${JSON.stringify(condition)} is ${allowed}`, async () => {
      const { ask, put } = await open();
      put({ role: { tags: { Team: 'green', cost: '7' }, inlinePolicies: inline(allow('*', '*', condition)) } });
      const principal = session({
        tags: { Team: 'red' },
        sourceIdentity: 'ada',
        keys: { 'ecs:SourceInstanceArn': 'arn:aws:ecs:us-east-1:111122223333:container-instance/web/1' },
      });
      assert.equal(ask(principal, permission).allowed, allowed);
    });
  }
});

test('a refusal tells what it was about', async () => {
  const { ask, put, denials } = await open();
  put({ user: { inlinePolicies: inline(allow('ecs:RunTask', `${cluster}2`)) } });
  ask(ada, { resource: cluster });
  assert.equal(denials.length, 1);
  const [{ question, decision, at, requestId }] = denials as [Denial];
  assert.equal(question.action, 'ecs:RunTask');
  assert.equal(decision.missing, 'identity-based');
  assert.deepEqual([at, requestId], [clock.now(), 'r']);
});

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { ListClustersCommand } from '@aws-sdk/client-ecs';
import { AssumeRoleCommand, type AssumeRoleCommandInput, GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { revokeSession } from '#auth/sessions.ts';
import { roles, users } from '#store/tables/iam.ts';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import {
  allow,
  deny,
  makeAccount,
  makeRole,
  makeUser,
  policy,
  type TestCredentials,
  type TestIdentity,
  toCredentials,
  trusting,
} from '../../support/identities.ts';

let plane: TestControlPlane;
let ada: TestIdentity;
const other = '999988887777';
before(async () => {
  plane = await startTestControlPlane();
  makeAccount(plane, other);
  ada = makeUser(plane, 'ada', [allow('sts:*')]);
});
after(() => plane.close());

let made = 0;
const role = (trust: string, statements: readonly object[] = [], more = {}) =>
  makeRole(plane, `role-${made++}`, trust, statements, more);
const assume = (credentials: TestCredentials, RoleArn: string, more: Partial<AssumeRoleCommandInput> = {}) =>
  plane.sts({ credentials }).send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'test', ...more }));
const sessionOf = async (credentials: TestCredentials, arn: string, more: Partial<AssumeRoleCommandInput> = {}) =>
  toCredentials((await assume(credentials, arn, more)).Credentials!);
const listClusters = (credentials: TestCredentials) => plane.ecs({ credentials }).send(new ListClustersCommand());
const denied = (arn: string, resource: string, action = 'sts:AssumeRole', why = '') => ({
  name: 'AccessDenied',
  message: `User: ${arn} is not authorized to perform: ${action} on resource: ${resource}${why}`,
});
const noTrust = (action = 'sts:AssumeRole') => ` because no role trust policy allows the ${action} action`;

describe('a role that the caller may assume', () => {
  test('makes a session that is the role', async () => {
    const arn = role(trusting({ AWS: ada.arn }), [allow('ecs:*')], { path: '/team/' });
    const name = arn.slice(arn.lastIndexOf('/') + 1);
    const { id } = plane.store.get(roles, arn)!;
    const before = Math.floor(Date.now() / 1000) * 1000;
    const { $metadata, Credentials, ...answer } = await assume(ada.credentials, arn);
    assert.deepEqual(answer, {
      AssumedRoleUser: {
        Arn: `arn:aws:sts::${plane.account}:assumed-role/${name}/test`,
        AssumedRoleId: `${id}:test`,
      },
    });
    assert.match(Credentials!.AccessKeyId!, /^ASIA[A-Z2-7]{16}$/);
    const livesMs = Credentials!.Expiration!.getTime() - before;
    assert.ok(livesMs >= 3_600_000 && livesMs < 3_660_000, String(livesMs));
    const credentials = toCredentials(Credentials!);
    const identity = await plane.sts({ credentials }).send(new GetCallerIdentityCommand());
    assert.deepEqual(
      [identity.Arn, identity.UserId, identity.Account],
      [`arn:aws:sts::${plane.account}:assumed-role/${name}/test`, `${id}:test`, plane.account],
    );
    assert.deepEqual((await listClusters(credentials)).clusterArns, []);
  });

  test('may need no policy of the caller, when it names it, and does when it names the account', async () => {
    const bob = makeUser(plane, 'bob', []);
    await assume(bob.credentials, role(trusting({ AWS: bob.arn })));
    const arn = role(trusting({ AWS: plane.account }));
    await assert.rejects(
      assume(bob.credentials, arn),
      denied(bob.arn, arn, 'sts:AssumeRole', ' because no identity-based policy allows the sts:AssumeRole action'),
    );
    await assume(ada.credentials, arn);
  });

  test('may ask for an external id', async () => {
    const arn = role(trusting({ AWS: ada.arn }, { StringEquals: { 'sts:ExternalId': 'secret/1' } }));
    await assume(ada.credentials, arn, { ExternalId: 'secret/1' });
    await assert.rejects(
      assume(ada.credentials, arn, { ExternalId: 'other' }),
      denied(ada.arn, arn, undefined, noTrust()),
    );
    await assert.rejects(assume(ada.credentials, arn), denied(ada.arn, arn, undefined, noTrust()));
  });

  test('is bound by session policies, and says how much room they take', async () => {
    const arn = role(trusting({ AWS: ada.arn }), [allow('ecs:*')]);
    const answer = await assume(ada.credentials, arn, { Policy: policy(allow('ecs:RunTask')) });
    assert.ok(answer.PackedPolicySize! > 0 && answer.PackedPolicySize! < 30);
    await assert.rejects(listClusters(toCredentials(answer.Credentials!)), {
      name: 'AccessDeniedException',
      message: /because no session policy allows the ecs:ListClusters action$/,
    });
    const PolicyArns = [{ arn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' }];
    await listClusters(await sessionOf(ada.credentials, arn, { PolicyArns }));
  });
});

describe('a role that the caller may not assume', () => {
  test('is refused alike, be it there or not', async () => {
    const arn = role(trusting({ Service: 'ecs-tasks.amazonaws.com' }));
    await assert.rejects(assume(ada.credentials, arn), denied(ada.arn, arn, undefined, noTrust()));
    const gone = `arn:aws:iam::${plane.account}:role/gone`;
    await assert.rejects(assume(ada.credentials, gone), denied(ada.arn, gone));
  });

  test('is refused when the caller or its trust policy denies it', async () => {
    const carol = makeUser(plane, 'carol', [allow('*'), deny('sts:AssumeRole')]);
    const arn = role(trusting({ AWS: carol.arn }));
    const why = ' with an explicit deny in an identity-based policy';
    await assert.rejects(assume(carol.credentials, arn), denied(carol.arn, arn, undefined, why));
    const trust = { Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' };
    const refusing = role(policy(trust, { ...trust, Effect: 'Deny', Principal: { AWS: ada.arn } }));
    const whose = ' with an explicit deny in the role trust policy';
    await assert.rejects(assume(ada.credentials, refusing), denied(ada.arn, refusing, undefined, whose));
  });

  test('is refused to people when it is linked to a service, and to the root user always', async () => {
    const linked = role(trusting({ Service: 'ecs.amazonaws.com' }), [], { linkedService: 'ecs.amazonaws.com' });
    await assert.rejects(assume(ada.credentials, linked), { name: 'AccessDenied' });
    const arn = role(trusting({ AWS: plane.account }));
    await assert.rejects(assume(plane.clientConfig().credentials, arn), {
      name: 'AccessDenied',
      message: 'Roles may not be assumed by root accounts.',
    });
  });

  test('in another account needs both sides', async () => {
    const trusted = role(trusting({ AWS: plane.account }), [], { account: other });
    await assume(ada.credentials, trusted);
    const dan = makeUser(plane, 'dan', []);
    await assert.rejects(assume(dan.credentials, trusted), denied(dan.arn, trusted));
    const named = role(trusting({ AWS: dan.arn }), [], { account: other });
    await assert.rejects(assume(dan.credentials, named), denied(dan.arn, named));
    const closed = role(trusting({ AWS: other }), [], { account: other });
    await assert.rejects(assume(ada.credentials, closed), denied(ada.arn, closed));
    const session = await sessionOf(ada.credentials, trusted);
    const { Account } = await plane.sts({ credentials: session }).send(new GetCallerIdentityCommand());
    assert.equal(Account, other);
  });
});

describe('session tags', () => {
  const Tags = [
    { Key: 'Team', Value: 'blue' },
    { Key: 'stage', Value: 'test' },
  ];
  const tagging = (condition?: object) =>
    trusting({ AWS: plane.account }, condition, ['sts:AssumeRole', 'sts:TagSession']);

  test('need a permission of their own, on both sides', async () => {
    const eve = makeUser(plane, 'eve', [allow('sts:AssumeRole')]);
    const arn = role(tagging());
    const why = ' because no identity-based policy allows the sts:TagSession action';
    await assert.rejects(assume(eve.credentials, arn, { Tags }), denied(eve.arn, arn, 'sts:TagSession', why));
    const bare = role(trusting({ AWS: ada.arn }));
    await assert.rejects(
      assume(ada.credentials, bare, { Tags }),
      denied(ada.arn, bare, 'sts:TagSession', noTrust('sts:TagSession')),
    );
    await assume(ada.credentials, role(tagging({ StringEquals: { 'aws:RequestTag/team': 'blue' } })), { Tags });
    const strict = role(tagging({ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['Team'] } }));
    await assert.rejects(assume(ada.credentials, strict, { Tags }), { name: 'AccessDenied' });
  });

  test('are tags of the caller afterwards, over those of the role', async () => {
    const own = [allow('ecs:*', '*', { Condition: { StringEquals: { 'aws:PrincipalTag/team': 'blue' } } })];
    const arn = role(tagging(), own, { tags: { team: 'red' } });
    await assert.rejects(listClusters(await sessionOf(ada.credentials, arn)), { name: 'AccessDeniedException' });
    const answer = await assume(ada.credentials, arn, { Tags });
    assert.ok(answer.PackedPolicySize! > 0);
    await listClusters(toCredentials(answer.Credentials!));
  });

  test('go along a chain of roles when they are transitive, and cannot be set anew', async () => {
    const first = role(tagging(), [allow('sts:*')]);
    const own = [allow('ecs:*', '*', { Condition: { StringEquals: { 'aws:PrincipalTag/Team': 'blue' } } })];
    const second = role(tagging(), own);
    const chain = await sessionOf(ada.credentials, first, { Tags, TransitiveTagKeys: ['team'] });
    await listClusters(await sessionOf(chain, second));
    await assert.rejects(assume(chain, second, { Tags }), {
      name: 'InvalidParameterValue',
      message: /conflicts with a transitive tag key from the calling session/,
    });
    const untagged = await sessionOf(ada.credentials, first, { Tags });
    await assert.rejects(listClusters(await sessionOf(untagged, second)), { name: 'AccessDeniedException' });
  });

  test('have rules', async () => {
    const arn = role(tagging());
    const twice = [...Tags, { Key: 'TEAM', Value: 'red' }];
    const duplicate = 'Duplicate tag keys found. Please note that Tag keys are case insensitive.';
    await assert.rejects(assume(ada.credentials, arn, { Tags: twice }), {
      name: 'InvalidParameterValue',
      message: duplicate,
    });
    await assert.rejects(assume(ada.credentials, arn, { Tags, TransitiveTagKeys: ['x'] }), {
      name: 'InvalidParameterValue',
    });
    await assert.rejects(assume(ada.credentials, arn, { Tags: [{ Key: 'aws:x', Value: '1' }] }), {
      name: 'ValidationError',
    });
    const many = Array.from({ length: 40 }, (_, n) => ({
      Key: `k${n}`,
      Value: createHash('sha512').update(String(n)).digest('base64url'),
    }));
    await assert.rejects(assume(ada.credentials, arn, { Tags: many }), {
      name: /^PackedPolicyTooLarge/,
      message: /^Packed size of session tags consumes \d+% of allotted space\.$/,
    });
  });
});

describe('a source identity', () => {
  const trust = () => trusting({ AWS: plane.account }, undefined, ['sts:AssumeRole', 'sts:SetSourceIdentity']);
  test('stays the same along a chain and is a key of every request', async () => {
    const first = role(trust(), [allow('sts:*')]);
    const own = [allow('ecs:*', '*', { Condition: { StringEquals: { 'aws:SourceIdentity': 'ada' } } })];
    const second = role(trust(), own);
    const answer = await assume(ada.credentials, first, { SourceIdentity: 'ada' });
    assert.equal(answer.SourceIdentity, 'ada');
    const chain = toCredentials(answer.Credentials!);
    await listClusters(await sessionOf(chain, second));
    await assert.rejects(assume(chain, second, { SourceIdentity: 'bob' }), { name: 'AccessDenied' });
    const bare = role(trusting({ AWS: plane.account }));
    await assert.rejects(assume(chain, bare), { name: 'AccessDenied', message: /sts:SetSourceIdentity/ });
  });
});

describe('how long a session lives', () => {
  test('is bound by the role, and by an hour along a chain', async () => {
    const long = role(trusting({ AWS: plane.account }), [allow('sts:*')], { maxSessionDurationSeconds: 7_200 });
    const answer = await assume(ada.credentials, long, { DurationSeconds: 7_200 });
    assert.ok(answer.Credentials!.Expiration!.getTime() - Date.now() > 7_100_000);
    await assert.rejects(assume(ada.credentials, long, { DurationSeconds: 7_201 }), {
      name: 'ValidationError',
      message: 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    });
    await assert.rejects(assume(toCredentials(answer.Credentials!), long, { DurationSeconds: 3_601 }), {
      name: 'ValidationError',
      message: 'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    });
    await assume(toCredentials(answer.Credentials!), long, { DurationSeconds: 3_600 });
    await assert.rejects(assume(ada.credentials, long, { DurationSeconds: 899 }), {
      name: 'ValidationError',
      message:
        "1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900",
    });
  });
});

describe('a request that makes no sense', () => {
  const arn = () => role(trusting({ AWS: ada.arn }));
  const cases: readonly (readonly [Partial<AssumeRoleCommandInput>, string | RegExp, RegExp])[] = [
    [{ RoleArn: 'role/without-an-arn-it-is' }, 'ValidationError', /^Request ARN is invalid$/],
    [{ RoleArn: 'arn:aws:iam::123456789012:user/x' }, 'ValidationError', / is invalid$/],
    [{ RoleSessionName: 'a b' }, 'ValidationError', /at 'roleSessionName' .*pattern: \[\\w\+=,\.@-\]\*$/],
    [{ RoleSessionName: 'a' }, 'ValidationError', /greater than or equal to 2$/],
    [{ Policy: '{' }, /^MalformedPolicyDocument/, /^Syntax errors in policy\.$/],
    [
      { Policy: policy({ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' }) },
      /^MalformedPolicy/,
      /principal/,
    ],
    [{ PolicyArns: [{ arn: 'arn:aws:iam::aws:policy/None' }] }, 'ValidationError', /does not exist/],
    [{ SerialNumber: 'GAHT12345678', TokenCode: '123456' }, 'AccessDenied', /^MultiFactorAuthentication failed/],
    [{ ExternalId: '?' }, 'ValidationError', /externalId/],
  ];
  for (const [input, name, message] of cases) {
    test(`${JSON.stringify(input)}: ${String(name)}`, async () => {
      await assert.rejects(assume(ada.credentials, arn(), input), { name, message });
    });
  }
});

describe('sessions end at once', () => {
  test('when their role is deleted, also if another takes its name', async () => {
    const arn = role(trusting({ AWS: ada.arn }), [allow('ecs:*')]);
    const credentials = await sessionOf(ada.credentials, arn);
    await listClusters(credentials);
    const row = plane.store.get(roles, arn)!;
    plane.store.transact((tx) => tx.put(roles, { ...row, id: `${row.id}X` }));
    await assert.rejects(listClusters(credentials), { name: 'UnrecognizedClientException' });
    plane.store.transact((tx) => tx.delete(roles, arn));
    await assert.rejects(listClusters(credentials), { name: 'UnrecognizedClientException' });
  });

  test('when they are revoked, one by one or by time of issue', async () => {
    const arn = role(trusting({ AWS: ada.arn }), [allow('ecs:*')]);
    const answer = await assume(ada.credentials, arn);
    const [one, two] = [toCredentials(answer.Credentials!), await sessionOf(ada.credentials, arn)];
    plane.store.transact((tx) => revokeSession(tx, one.accessKeyId, answer.Credentials!.Expiration!.getTime()));
    await assert.rejects(listClusters(one), { name: 'UnrecognizedClientException' });
    await listClusters(two);
    const older = { DateLessThan: { 'aws:TokenIssueTime': new Date(Date.now() + 1_000).toISOString() } };
    const AWSRevokeOlderSessions = policy({ ...deny('*'), Condition: older });
    plane.store.transact((tx) =>
      tx.update(roles, arn, (row) => ({
        ...row,
        inlinePolicies: [...row.inlinePolicies, { name: 'AWSRevokeOlderSessions', document: AWSRevokeOlderSessions }],
      })),
    );
    await assert.rejects(listClusters(two), {
      name: 'AccessDeniedException',
      message: /with an explicit deny in an identity-based policy$/,
    });
  });

  test('and keys, when their user is deleted', async () => {
    const fay = makeUser(plane, 'fay', [allow('*')]);
    await listClusters(fay.credentials);
    plane.store.transact((tx) => tx.delete(users, fay.arn));
    await assert.rejects(listClusters(fay.credentials), { name: 'UnrecognizedClientException' });
  });
});

test('permissive mode: made-up keys assume the roles that trust their account', async () => {
  const permissive = await startTestControlPlane({ auth: 'permissive' });
  try {
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const RoleArn = makeRole(permissive, 'r', trusting({ AWS: permissive.account }));
    const command = new AssumeRoleCommand({ RoleArn, RoleSessionName: 'test' });
    const { AssumedRoleUser } = await permissive.sts({ credentials }).send(command);
    assert.equal(AssumedRoleUser!.Arn, 'arn:aws:sts::000000000000:assumed-role/r/test');
  } finally {
    await permissive.close();
  }
});

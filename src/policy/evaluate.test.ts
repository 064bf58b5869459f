// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are policy variables
/** AWS's evaluation rules, one case each. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf } from './context.ts';
import type { PolicyKind } from './document.ts';
import { type AuthorizationQuestion, evaluate, type PolicyDecision } from './evaluate.ts';
import { explain } from './explain.ts';
import { accessDeniedMessage, describeDecision } from './message.ts';
import { compilePolicy } from './policy.ts';
import type { AttachedPolicy, Principal, RoleSessionPrincipal } from './principal.ts';

const home = '111122223333';
const other = '444455556666';
const cluster = `arn:aws:ecs:us-east-1:${home}:cluster/blue`;
const roleArn = `arn:aws:iam::${home}:role/deploy/release`;
const sessionArn = `arn:aws:sts::${home}:assumed-role/release/ci`;
const userArn = `arn:aws:iam::${home}:user/anna`;
const federatedArn = `arn:aws:sts::${home}:federated-user/bob`;

type Raw = Readonly<Record<string, unknown>>;

function attached(kind: PolicyKind, name: string, statements: readonly Raw[]): AttachedPolicy {
  const policy = compilePolicy({ Version: '2012-10-17', Statement: statements }, kind);
  if ('malformed' in policy) throw new Error(`${name}: ${policy.malformed}`);
  return { name, policy };
}

const raw = (Effect: string, more: Raw = {}): Raw => ({
  Effect,
  Action: 'ecs:DescribeClusters',
  Resource: '*',
  ...more,
});
const identity = (...statements: Raw[]) => [attached('identity', 'identity', statements)];
const boundary = (...statements: Raw[]) => attached('boundary', 'boundary', statements);
const session = (...statements: Raw[]) => [attached('session', 'session', statements)];
const onResource = (...statements: Raw[]) => attached('resource', 'resource policy', statements);
const grantTo = (principal: unknown, more: Raw = {}) => onResource(raw('Allow', { Principal: principal, ...more }));

const allow = raw('Allow');
const deny = raw('Deny');
const elsewhere = raw('Allow', { Action: 'ecs:RunTask' });

type Own = Partial<Pick<RoleSessionPrincipal, 'identityPolicies' | 'boundary' | 'sessionPolicies'>>;
const limits = (own: Own) => ({ account: home, identityPolicies: [], ...own });
const user = (own: Own = {}): Principal => ({
  kind: 'user',
  arn: userArn,
  userId: 'AIDAEXAMPLEEXAMPLE01',
  ...limits(own),
});
const role = (own: Own = {}): Principal => ({
  kind: 'role-session',
  arn: sessionArn,
  roleArn,
  roleId: 'AROAEXAMPLEEXAMPLE01',
  ...limits(own),
});
const federated = (own: Own = {}): Principal => ({
  kind: 'federated-user',
  arn: federatedArn,
  userArn,
  ...limits(own),
});
const root: Principal = { kind: 'root', account: home, arn: `arn:aws:iam::${home}:root` };

type Ask = Partial<Omit<AuthorizationQuestion, 'context'>> & { readonly keys?: Record<string, string | string[]> };
const ask = ({ keys, ...more }: Ask): AuthorizationQuestion => ({
  principal: root,
  action: 'ecs:DescribeClusters',
  resource: cluster,
  resourceAccount: home,
  context: contextOf(keys ?? {}),
  ...more,
});

type Outcome = 'allowed' | `explicitDeny ${string}` | `implicitDeny ${string}`;
const outcomeOf = (decision: PolicyDecision) =>
  decision.allowed ? 'allowed' : `${decision.kind} ${decision.decidedBy?.policyType ?? decision.missing}`;

const trust = (principal: unknown, more: Raw = {}) =>
  attached('trust', 'trust policy', [{ Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole', ...more }]);
const assume = (principal: Principal, resourcePolicy: AttachedPolicy, more: Ask = {}): Ask => ({
  principal,
  action: 'sts:AssumeRole',
  resource: roleArn,
  resourcePolicy,
  needsResourcePolicy: true,
  ...more,
});
const mayAssume = identity(raw('Allow', { Action: 'sts:AssumeRole', Resource: roleArn }));
const limit = boundary(elsewhere);
const cut = session(elsewhere);

const cases: readonly [string, Ask, Outcome][] = [
  ['nothing allows', { principal: user() }, 'implicitDeny identity-based'],
  ['an identity-based policy allows', { principal: user({ identityPolicies: identity(allow) }) }, 'allowed'],
  [
    'actions have no case',
    { principal: user({ identityPolicies: identity(raw('Allow', { Action: 'ECS:describeC*' })) }) },
    'allowed',
  ],
  [
    'a deny wins over an allow',
    { principal: user({ identityPolicies: identity(allow, deny) }) },
    'explicitDeny identity-based',
  ],
  [
    "a policy of another statement's resource",
    { principal: user({ identityPolicies: identity(raw('Allow', { Resource: `${cluster}2` })) }) },
    'implicitDeny identity-based',
  ],
  [
    'NotAction leaves its actions out',
    { principal: user({ identityPolicies: identity({ Effect: 'Allow', NotAction: 'ecs:*', Resource: '*' }) }) },
    'implicitDeny identity-based',
  ],
  [
    'NotAction covers all others',
    { principal: user({ identityPolicies: identity({ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }) }) },
    'allowed',
  ],
  [
    'NotResource denies what is not listed',
    {
      principal: user({
        identityPolicies: identity(allow, { Effect: 'Deny', Action: 'ecs:*', NotResource: `${cluster}-2` }),
      }),
    },
    'explicitDeny identity-based',
  ],
  [
    'NotResource spares what is listed',
    {
      principal: user({ identityPolicies: identity(allow, { Effect: 'Deny', Action: 'ecs:*', NotResource: cluster }) }),
    },
    'allowed',
  ],
  [
    'an action without resources needs Resource *',
    { resource: '*', principal: user({ identityPolicies: identity(raw('Allow', { Resource: cluster })) }) },
    'implicitDeny identity-based',
  ],
  [
    'the boundary must allow too',
    { principal: user({ identityPolicies: identity(allow), boundary: limit }) },
    'implicitDeny boundary',
  ],
  [
    'a boundary alone permits nothing',
    { principal: user({ boundary: boundary(allow) }) },
    'implicitDeny identity-based',
  ],
  [
    'identity and boundary',
    { principal: user({ identityPolicies: identity(allow), boundary: boundary(allow) }) },
    'allowed',
  ],
  [
    'a deny in the boundary',
    { principal: user({ identityPolicies: identity(allow), boundary: boundary(allow, deny) }) },
    'explicitDeny boundary',
  ],
  [
    'the session policy must allow too',
    { principal: role({ identityPolicies: identity(allow), sessionPolicies: cut }) },
    'implicitDeny session',
  ],
  [
    'one of several session policies is enough',
    { principal: role({ identityPolicies: identity(allow), sessionPolicies: [...cut, ...session(allow)] }) },
    'allowed',
  ],
  [
    'no session policy at all permits a federated user nothing',
    { principal: federated({ identityPolicies: identity(allow), sessionPolicies: [] }) },
    'implicitDeny session',
  ],
  [
    'a deny in the session policy',
    { principal: role({ identityPolicies: identity(allow), sessionPolicies: session(allow, deny) }) },
    'explicitDeny session',
  ],

  [
    'resource policy for the user: nothing else is needed',
    { principal: user({ boundary: limit }), resourcePolicy: grantTo({ AWS: userArn }) },
    'allowed',
  ],
  [
    'resource policy for the session: nothing else is needed',
    { principal: role({ boundary: limit, sessionPolicies: cut }), resourcePolicy: grantTo({ AWS: sessionArn }) },
    'allowed',
  ],
  [
    'resource policy for the role: no identity-based policy is needed',
    { principal: role(), resourcePolicy: grantTo({ AWS: roleArn }) },
    'allowed',
  ],
  [
    'resource policy for the role stays below its boundary',
    { principal: role({ boundary: limit }), resourcePolicy: grantTo({ AWS: roleArn }) },
    'implicitDeny boundary',
  ],
  [
    'resource policy for the role stays below the session policy',
    { principal: role({ sessionPolicies: cut }), resourcePolicy: grantTo({ AWS: roleArn }) },
    'implicitDeny session',
  ],
  [
    'resource policy for the federated session',
    { principal: federated({ sessionPolicies: [] }), resourcePolicy: grantTo({ AWS: federatedArn }) },
    'allowed',
  ],
  [
    'resource policy for the user behind a federated session',
    { principal: federated({ sessionPolicies: cut }), resourcePolicy: grantTo({ AWS: userArn }) },
    'implicitDeny session',
  ],
  [
    'resource policy for everyone',
    { principal: role({ boundary: limit, sessionPolicies: cut }), resourcePolicy: grantTo('*') },
    'allowed',
  ],
  [
    'resource policy for everyone, narrowed to the role by a condition',
    {
      principal: role({ boundary: limit }),
      keys: { 'aws:PrincipalArn': roleArn },
      resourcePolicy: grantTo({ AWS: '*' }, { Condition: { ArnEquals: { 'aws:PrincipalArn': roleArn } } }),
    },
    'allowed',
  ],
  [
    'resource policy for the own account leaves it to identity-based policies',
    { principal: user(), resourcePolicy: grantTo({ AWS: home }) },
    'implicitDeny identity-based',
  ],
  [
    'of several permissions the one that reaches farthest counts',
    {
      principal: role(),
      resourcePolicy: onResource(
        raw('Allow', { Principal: { AWS: home } }),
        raw('Allow', { Principal: { AWS: roleArn } }),
        raw('Allow', { Principal: { AWS: [home] }, Action: 'ecs:*' }),
      ),
    },
    'allowed',
  ],
  [
    'resource policy for somebody else',
    { principal: user(), resourcePolicy: grantTo({ AWS: `${userArn}2` }) },
    'implicitDeny identity-based',
  ],
  [
    'identity-based policy without a word of the resource policy',
    { principal: user({ identityPolicies: identity(allow) }), resourcePolicy: grantTo({ AWS: `${userArn}2` }) },
    'allowed',
  ],
  [
    'a deny in the resource policy',
    {
      principal: user({ identityPolicies: identity(allow) }),
      resourcePolicy: onResource(raw('Deny', { Principal: { AWS: home } })),
    },
    'explicitDeny resource-based',
  ],
  [
    'a resource that must allow: its silence',
    {
      principal: user({ identityPolicies: identity(allow) }),
      needsResourcePolicy: true,
      resourcePolicy: grantTo({ AWS: other }),
    },
    'implicitDeny resource-based',
  ],
  [
    'a resource that must allow: the account and the identity',
    {
      principal: user({ identityPolicies: identity(allow) }),
      needsResourcePolicy: true,
      resourcePolicy: grantTo({ AWS: home }),
    },
    'allowed',
  ],
  [
    'NotPrincipal denies whom it does not list',
    {
      principal: user({ identityPolicies: identity(allow) }),
      resourcePolicy: onResource(raw('Deny', { NotPrincipal: { AWS: [`${userArn}2`, home] } })),
    },
    'explicitDeny resource-based',
  ],
  [
    'NotPrincipal denies a listed user whose account is not listed',
    {
      principal: user({ identityPolicies: identity(allow) }),
      resourcePolicy: onResource(raw('Deny', { NotPrincipal: { AWS: userArn } })),
    },
    'explicitDeny resource-based',
  ],
  [
    'NotPrincipal spares a user listed with its account',
    {
      principal: user({ identityPolicies: identity(allow) }),
      resourcePolicy: onResource(raw('Deny', { NotPrincipal: { AWS: [userArn, home] } })),
    },
    'allowed',
  ],
  [
    'NotPrincipal spares a session listed with role and account',
    {
      principal: role({ identityPolicies: identity(allow) }),
      resourcePolicy: onResource(raw('Deny', { NotPrincipal: { AWS: [sessionArn, roleArn, home] } })),
    },
    'allowed',
  ],

  ['the root user needs no policy', { principal: root }, 'allowed'],
  [
    'the root user is bound by a resource policy',
    { principal: root, resourcePolicy: onResource(raw('Deny', { Principal: '*' })) },
    'explicitDeny resource-based',
  ],
  ['the root user of another account', { principal: root, resourceAccount: other }, 'implicitDeny resource-based'],
  [
    'the root user of another account, let in',
    { principal: root, resourceAccount: other, resourcePolicy: grantTo({ AWS: home }) },
    'allowed',
  ],

  [
    'cross-account: identity alone',
    { principal: user({ identityPolicies: identity(allow) }), resourceAccount: other },
    'implicitDeny resource-based',
  ],
  [
    'cross-account: resource alone',
    { principal: user(), resourceAccount: other, resourcePolicy: grantTo({ AWS: userArn }) },
    'implicitDeny identity-based',
  ],
  [
    'cross-account: both sides',
    {
      principal: user({ identityPolicies: identity(allow) }),
      resourceAccount: other,
      resourcePolicy: grantTo({ AWS: home }),
    },
    'allowed',
  ],
  [
    'cross-account: both sides, but the boundary',
    {
      principal: user({ identityPolicies: identity(allow), boundary: limit }),
      resourceAccount: other,
      resourcePolicy: grantTo('*'),
    },
    'implicitDeny boundary',
  ],
  [
    'cross-account: both sides, but the session policy',
    {
      principal: role({ identityPolicies: identity(allow), sessionPolicies: cut }),
      resourceAccount: other,
      resourcePolicy: grantTo({ AWS: sessionArn }),
    },
    'implicitDeny session',
  ],

  [
    'a service with a resource policy',
    {
      principal: { kind: 'service', service: 'ecs.amazonaws.com' },
      resourcePolicy: grantTo({ Service: 'ecs.amazonaws.com' }),
    },
    'allowed',
  ],
  [
    'a service is not everyone',
    { principal: { kind: 'service', service: 'ecs.amazonaws.com' }, resourcePolicy: grantTo('*') },
    'implicitDeny resource-based',
  ],
  [
    'a service is denied with everyone',
    {
      principal: { kind: 'service', service: 'ecs.amazonaws.com' },
      resourcePolicy: onResource(
        raw('Allow', { Principal: { Service: 'ecs.amazonaws.com' } }),
        raw('Deny', { Principal: '*' }),
      ),
    },
    'explicitDeny resource-based',
  ],
  ['anonymous', { principal: { kind: 'anonymous' } }, 'implicitDeny resource-based'],
  ['anonymous and everyone', { principal: { kind: 'anonymous' }, resourcePolicy: grantTo('*') }, 'allowed'],

  [
    'trust: a service assumes its role',
    assume({ kind: 'service', service: 'ecs-tasks.amazonaws.com' }, trust({ Service: 'ecs-tasks.amazonaws.com' })),
    'allowed',
  ],
  [
    'trust: another service',
    assume({ kind: 'service', service: 'ec2.amazonaws.com' }, trust({ Service: 'ecs-tasks.amazonaws.com' })),
    'implicitDeny trust',
  ],
  [
    "trust: the confused deputy's condition",
    assume(
      { kind: 'service', service: 'ecs-tasks.amazonaws.com' },
      trust({ Service: 'ecs-tasks.amazonaws.com' }, { Condition: { StringEquals: { 'aws:SourceAccount': other } } }),
      { keys: { 'aws:SourceAccount': home } },
    ),
    'implicitDeny trust',
  ],
  ['trust: the user is named', assume(user(), trust({ AWS: userArn })), 'allowed'],
  [
    'trust: the account is named, identity says nothing',
    assume(user(), trust({ AWS: home })),
    'implicitDeny identity-based',
  ],
  [
    'trust: the account is named, identity allows',
    assume(user({ identityPolicies: mayAssume }), trust({ AWS: home })),
    'allowed',
  ],
  [
    'trust: identity allows, the role does not trust',
    assume(user({ identityPolicies: mayAssume }), trust({ AWS: other })),
    'implicitDeny trust',
  ],
  [
    'trust: external id',
    assume(user(), trust({ AWS: userArn }, { Condition: { StringEquals: { 'sts:ExternalId': 'x' } } }), {
      keys: { 'sts:ExternalId': 'x' },
    }),
    'allowed',
  ],
  [
    'trust: external id is missing',
    assume(user(), trust({ AWS: userArn }, { Condition: { StringEquals: { 'sts:ExternalId': 'x' } } })),
    'implicitDeny trust',
  ],
  [
    'trust: cross-account needs both',
    assume(user(), trust({ AWS: userArn }), { resourceAccount: other }),
    'implicitDeny identity-based',
  ],
  [
    'trust: cross-account with both',
    assume(user({ identityPolicies: mayAssume }), trust({ AWS: userArn }), { resourceAccount: other }),
    'allowed',
  ],
  ['trust: a deny', assume(user(), trust({ AWS: userArn }, { Effect: 'Deny' })), 'explicitDeny trust'],
  [
    'trust: web identity',
    assume({ kind: 'web-identity', provider: 'accounts.google.com' }, trust({ Federated: 'accounts.google.com' })),
    'allowed',
  ],
  [
    'trust: web identity is not everyone',
    assume({ kind: 'web-identity', provider: 'accounts.google.com' }, trust('*')),
    'implicitDeny trust',
  ],

  [
    'variables in resources',
    {
      principal: user({
        identityPolicies: identity(raw('Allow', { Resource: 'arn:aws:ecs:*:*:cluster/${aws:PrincipalTag/team}' })),
      }),
      keys: { 'aws:PrincipalTag/Team': 'blue' },
    },
    'allowed',
  ],
  [
    'variables in resources without a value',
    {
      principal: user({
        identityPolicies: identity(raw('Allow', { Resource: 'arn:aws:ecs:*:*:cluster/${aws:PrincipalTag/team}' })),
      }),
    },
    'implicitDeny identity-based',
  ],
  [
    'a value with a wildcard is no wildcard',
    {
      principal: user({
        identityPolicies: identity(raw('Allow', { Resource: 'arn:aws:ecs:*:*:cluster/${aws:PrincipalTag/team}' })),
      }),
      keys: { 'aws:PrincipalTag/team': '*' },
    },
    'implicitDeny identity-based',
  ],
  [
    'a default value',
    {
      principal: user({
        identityPolicies: identity(
          raw('Allow', { Resource: "arn:aws:ecs:*:*:cluster/${aws:PrincipalTag/team, 'blue'}" }),
        ),
      }),
    },
    'allowed',
  ],
];

describe('evaluation', () => {
  for (const [name, request, expected] of cases)
    it(name, () => assert.equal(outcomeOf(evaluate(ask(request))), expected));

  it('names the statement that decided', () => {
    const principal = user({ identityPolicies: identity(allow, { ...deny, Sid: 'Freeze' }) });
    assert.deepEqual(evaluate(ask({ principal })).decidedBy, {
      policyType: 'identity-based',
      policy: 'identity',
      sid: 'Freeze',
      index: 1,
    });
  });
});

describe('texts of AccessDenied', () => {
  const text = (request: Ask) => accessDeniedMessage(ask(request), evaluate(ask(request)));
  const start = (arn: string) =>
    `User: ${arn} is not authorized to perform: ecs:DescribeClusters on resource: ${cluster}`;
  const because = (type: string) => `because no ${type} allows the ecs:DescribeClusters action`;
  const texts: readonly [Ask, string][] = [
    [{ principal: user() }, `${start(userArn)} ${because('identity-based policy')}`],
    [
      { principal: user({ identityPolicies: identity(allow), boundary: limit }) },
      `${start(userArn)} ${because('permissions boundary')}`,
    ],
    [
      { principal: role({ identityPolicies: identity(allow), sessionPolicies: cut }) },
      `${start(sessionArn)} ${because('session policy')}`,
    ],
    [
      { principal: user({ identityPolicies: identity(deny) }) },
      `${start(userArn)} with an explicit deny in an identity-based policy`,
    ],
    [
      { principal: user({ boundary: boundary(deny) }) },
      `${start(userArn)} with an explicit deny in a permissions boundary`,
    ],
    [
      { principal: role({ sessionPolicies: session(deny) }) },
      `${start(sessionArn)} with an explicit deny in a session policy`,
    ],
    [
      { principal: root, resourcePolicy: onResource(raw('Deny', { Principal: '*' })) },
      `${start(root.arn)} with an explicit deny in a resource-based policy`,
    ],
    [{ principal: user(), resourceAccount: other }, start(userArn)],
  ];
  for (const [request, expected] of texts) it(expected.slice(-70), () => assert.equal(text(request), expected));
  it('of a role that does not trust', () => {
    assert.match(
      text(assume(user(), trust({ AWS: other }))),
      / because no role trust policy allows the sts:AssumeRole action$/,
    );
  });

  it('tells the trail, and what each statement lacked', () => {
    const principal = user({
      identityPolicies: identity(
        raw('Allow', { Sid: 'Mine', Condition: { StringEquals: { 'ecs:cluster': 'x' } } }),
        elsewhere,
      ),
    });
    const request = ask({ principal });
    assert.deepEqual(describeDecision(evaluate(request)), [
      'identity-based policies: is silent',
      'denied: nothing allows it',
    ]);
    assert.deepEqual(
      explain(request).map((note) => [note.sid, note.mismatch]),
      [['Mine', 'condition StringEquals ecs:cluster ["x"] fails: the request\'s value is missing']],
    );
  });
});

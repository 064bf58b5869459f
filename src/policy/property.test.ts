/** Compiled policies against an oracle that reads the documents anew for each request, by the letter and without haste. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type ContextValue, contextOf } from './context.ts';
import { evaluate } from './evaluate.ts';
import { compilePolicy } from './policy.ts';
import type { Principal } from './principal.ts';

type Conditions = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
interface Raw {
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal?: { readonly AWS: readonly string[] };
  readonly Action?: readonly string[];
  readonly NotAction?: readonly string[];
  readonly Resource?: readonly string[];
  readonly NotResource?: readonly string[];
  readonly Condition?: Conditions;
}
type Context = Readonly<Record<string, ContextValue>>;

// The oracle.

function like(pattern: string, text: string, stopsAtColons: boolean): boolean {
  if (pattern === '') return text === '';
  const [p, rest] = [pattern[0], pattern.slice(1)];
  const mayTake = text !== '' && !(stopsAtColons && text[0] === ':');
  if (p === '*') return like(rest, text, stopsAtColons) || (mayTake && like(pattern, text.slice(1), stopsAtColons));
  if (p === '?') return mayTake && like(rest, text.slice(1), stopsAtColons);
  return text !== '' && p === text[0] && like(rest, text.slice(1), stopsAtColons);
}

/** Escapes what stands for itself, so that a value with a wildcard in it is told from a wildcard. */
function substitute(text: string, context: Context): string | undefined {
  let isKnown = true;
  const out = text.replace(/\$\{([^}]*)\}/g, (_, name: string) => {
    const value = context[name];
    if (typeof value !== 'string') isKnown = false;
    return String(value).replaceAll('*', '\u0001');
  });
  return isKnown ? out : undefined;
}
const literally = (text: string) => text.replaceAll('*', '\u0001');

function resourceLike(pattern: string, resource: string, context: Context): boolean {
  const known = substitute(pattern, context);
  // Every pattern below has six parts, and a `*` as the whole of a part only where the request has one part.
  if (known === undefined) return false;
  if (known === '*') return true;
  const [patterns, texts] = [known.split(':'), literally(resource).split(':')];
  return (
    patterns.slice(0, 5).every((part, at) => like(part, texts[at] ?? '', true)) &&
    like(patterns.slice(5).join(':'), texts.slice(5).join(':'), false)
  );
}

const ipv4 = (text: string) =>
  text
    .split('.')
    .map((byte) => Number(byte).toString(2).padStart(8, '0'))
    .join('');

function valueHolds(operator: string, policy: string, request: string, context: Context): boolean {
  switch (operator.replace('Not', '')) {
    case 'StringEquals':
      return substitute(policy, context)?.replaceAll('\u0001', '*') === request;
    case 'StringLike': {
      const known = substitute(policy, context);
      return known !== undefined && like(known, literally(request), false);
    }
    case 'NumericLessThan':
      return Number(request) < Number(policy);
    case 'NumericEquals':
      return Number(request) === Number(policy);
    case 'IpAddress': {
      const [base, length] = policy.split('/');
      return ipv4(request).startsWith(ipv4(base!).slice(0, Number(length)));
    }
    case 'Bool':
      return policy.toLowerCase() === request.toLowerCase();
    default:
      throw new Error(`the oracle lacks ${operator}`);
  }
}

function conditionHolds(name: string, key: string, policyValues: readonly string[], context: Context): boolean {
  const value = context[key];
  const requestValues = value === undefined ? [] : [value].flat();
  if (name === 'Null') return policyValues.includes(String(requestValues.length === 0));
  const [set, rest] = name.includes(':') ? (name.split(':') as [string, string]) : ['', name];
  const operator = rest.replace('IfExists', '');
  const isNegated = operator.includes('Not');
  if (requestValues.length === 0) {
    if (rest.endsWith('IfExists') || set === 'ForAllValues') return true;
    return isNegated && set === '';
  }
  const passes = (one: string) => {
    const isEqual = policyValues.some((policy) => valueHolds(operator, policy, one, context));
    return isNegated ? !isEqual : isEqual;
  };
  if (set === 'ForAllValues') return requestValues.every(passes);
  if (set === 'ForAnyValue') return requestValues.some(passes);
  return isNegated ? requestValues.every(passes) : requestValues.some(passes);
}

interface Request {
  readonly action: string;
  readonly resource: string;
  readonly context: Context;
}

function speaks(statement: Raw, { action, resource, context }: Request): boolean {
  const names = (patterns: readonly string[]) =>
    patterns.some((pattern) => like(pattern.toLowerCase(), action.toLowerCase(), false));
  const covers = (patterns: readonly string[]) => patterns.some((pattern) => resourceLike(pattern, resource, context));
  return (
    (statement.Action ? names(statement.Action) : !names(statement.NotAction!)) &&
    (statement.Resource ? covers(statement.Resource) : !covers(statement.NotResource!)) &&
    Object.entries(statement.Condition ?? {}).every(([operator, keys]) =>
      Object.entries(keys).every(([key, values]) => conditionHolds(operator, key, values, context)),
    )
  );
}

// What is tried.

const account = '111122223333';
const other = '444455556666';
const userArn = `arn:aws:iam::${account}:user/anna`;
const some = <T>(...values: T[]) => fc.subarray(values, { minLength: 1, maxLength: Math.min(3, values.length) });

const actions = some('ecs:*', '*', 'ecs:Run*', 'ECS:runtask', 'ecs:?topTask', 'ecr:PutImage', 'ecr:*');
const resourceParts = fc.constantFrom('*', 'task/*', 'task/blue/*', '*/1', 'task/b?ue/1', 'task/$' + '{team}/*', '*:1');
const resources = fc.array(
  fc.oneof(
    { weight: 1, arbitrary: fc.constant('*') },
    {
      weight: 6,
      arbitrary: fc
        .tuple(
          fc.constantFrom('us-east-1', '*', 'us-*', '*-1', 'us-east-?'),
          fc.constantFrom(account, '*', '1*'),
          resourceParts,
        )
        .map(([region, owner, part]) => `arn:aws:ecs:${region}:${owner}:${part}`),
    },
  ),
  { minLength: 1, maxLength: 2 },
);

const qualified = (operator: string) =>
  fc
    .tuple(fc.constantFrom('', '', 'ForAllValues:', 'ForAnyValue:'), fc.constantFrom('', '', 'IfExists'))
    .map(([set, exists]) => `${set}${operator}${exists}`);
const condition = (operators: string[], keys: string[], values: fc.Arbitrary<string[]>) =>
  fc
    .tuple(fc.constantFrom(...operators).chain(qualified), fc.constantFrom(...keys), values)
    .map(([operator, key, list]) => ({ [operator]: { [key]: list } }));
const texts = some('a', 'b', '*', 'a*', '?', '$' + '{team}', 'blue');
const conditions: fc.Arbitrary<Conditions> = fc.oneof(
  condition(['StringEquals', 'StringNotEquals', 'StringLike', 'StringNotLike'], ['team', 'aws:TagKeys'], texts),
  condition(['NumericLessThan', 'NumericEquals', 'NumericNotEquals'], ['n'], some('1', '2', '3')),
  condition(['IpAddress', 'NotIpAddress'], ['ip'], some('10.0.0.0/8', '10.1.0.0/16', '10.1.2.3/32', '0.0.0.0/0')),
  condition(['Bool'], ['secure'], some('true', 'False')),
  fc
    .tuple(fc.constantFrom('team', 'n', 'aws:TagKeys'), some('true', 'false'))
    .map(([key, list]) => ({ Null: { [key]: list } })),
);

const statements = (effects: readonly ('Allow' | 'Deny')[], principals?: fc.Arbitrary<string[]>) =>
  fc.array(
    fc
      .record({
        Effect: fc.constantFrom(...effects),
        action: fc.tuple(fc.constantFrom('Action', 'Action', 'NotAction'), actions),
        resource: fc.tuple(fc.constantFrom('Resource', 'Resource', 'NotResource'), resources),
        Condition: fc.option(conditions, { nil: undefined }),
        principal: principals ?? fc.constant(undefined),
      })
      .map(
        ({ Effect, action, resource, Condition, principal }): Raw => ({
          Effect,
          [action[0]]: action[1],
          [resource[0]]: resource[1],
          ...(Condition && { Condition }),
          ...(principal && { Principal: { AWS: principal } }),
        }),
      ),
    { minLength: 1, maxLength: 4 },
  );

const requests: fc.Arbitrary<Request> = fc.record({
  action: fc.constantFrom('ecs:RunTask', 'ecs:StopTask', 'ecr:PutImage'),
  resource: fc.constantFrom(
    `arn:aws:ecs:us-east-1:${account}:task/blue/1`,
    `arn:aws:ecs:us-west-2:${account}:task/b*ue/1`,
    `arn:aws:ecs:us-east-1:${account}:task/red:1`,
    '*',
  ),
  context: fc
    .record(
      {
        team: fc.constantFrom('a', 'b', 'blue', '*', 'ab'),
        'aws:TagKeys': fc.subarray(['a', 'b', 'ab', 'c']),
        n: fc.constantFrom('1', '2', '10'),
        ip: fc.constantFrom('10.1.2.3', '10.2.0.1', '192.0.2.1'),
        secure: fc.constantFrom('true', 'false', 'TRUE'),
      },
      { requiredKeys: [] },
    )
    .map((context): Context => context),
});

function compiled(kind: 'identity' | 'boundary' | 'session' | 'resource', Statement: readonly Raw[]) {
  const policy = compilePolicy({ Version: '2012-10-17', Statement }, kind);
  if ('malformed' in policy) throw new Error(policy.malformed);
  return { name: kind, policy };
}

const both = ['Allow', 'Allow', 'Deny'] as const;
const worlds = fc.record({
  request: requests,
  identity: fc.array(statements(both), { maxLength: 2 }),
  boundary: fc.option(statements(both), { nil: undefined }),
  session: fc.option(fc.array(statements(both), { maxLength: 2 }), { nil: undefined }),
  resource: fc.option(statements(both, some(userArn, account, other, '*')), { nil: undefined }),
  isCrossAccount: fc.boolean(),
  needsResourcePolicy: fc.boolean(),
});
type World = typeof worlds extends fc.Arbitrary<infer W> ? W : never;

function expected(world: World): string {
  const { request } = world;
  const mine = (list: readonly string[]) => list.some((name) => ['*', userArn, account].includes(name));
  const say = (effect: string, documents: readonly (readonly Raw[])[]) =>
    documents.some((one) => one.some((raw) => raw.Effect === effect && speaks(raw, request)));
  const onMe = (world.resource ?? []).filter((raw) => mine(raw.Principal!.AWS));
  const own = [world.identity, world.boundary && [world.boundary], world.session].filter((one) => one !== undefined);
  if (say('Deny', [...own.flat(), onMe])) return 'explicitDeny';
  const resourceAllows = say('Allow', [onMe]);
  const named = onMe.filter((raw) => raw.Principal!.AWS.some((name) => name === '*' || name === userArn));
  const ownAllow = own.every((layer) => say('Allow', layer));
  if (world.isCrossAccount) return resourceAllows && ownAllow ? 'allowed' : 'implicitDeny';
  if (say('Allow', [named])) return 'allowed';
  return ownAllow && (resourceAllows || !world.needsResourcePolicy) ? 'allowed' : 'implicitDeny';
}

describe('compiled policies', () => {
  it('decide as the oracle does', () => {
    const seen: Record<string, number> = {};
    fc.assert(
      fc.property(worlds, (world) => {
        const principal: Principal = {
          kind: 'user',
          account,
          arn: userArn,
          userId: 'AIDAEXAMPLEEXAMPLE01',
          identityPolicies: world.identity.map((one) => compiled('identity', one)),
          boundary: world.boundary && compiled('boundary', world.boundary),
          sessionPolicies: world.session?.map((one) => compiled('session', one)),
        };
        const decision = evaluate({
          principal,
          action: world.request.action,
          resource: world.request.resource,
          resourceAccount: world.isCrossAccount ? other : account,
          resourcePolicy: world.resource && compiled('resource', world.resource),
          needsResourcePolicy: world.needsResourcePolicy,
          context: contextOf(world.request.context),
        });
        seen[decision.kind] = (seen[decision.kind] ?? 0) + 1;
        assert.equal(decision.kind, expected(world));
        assert.equal(decision.allowed, decision.kind === 'allowed');
        assert.equal(decision.missing !== undefined, decision.kind === 'implicitDeny');
      }),
      { numRuns: 4000 },
    );
    for (const kind of ['allowed', 'explicitDeny', 'implicitDeny'])
      assert.ok((seen[kind] ?? 0) > 200, `${kind} is rare`);
  });
});

/**
 * Microseconds per decision of the policy room: a role's session with 10 and with 500 statements, whose resources,
 * conditions and variables all have to be looked at, and the time to compile their documents.
 *
 *   node bench/policy.ts [--runs 200000]
 */
import { parseArgs } from 'node:util';
import { contextOf } from '#policy/context.ts';
import { type AuthorizationQuestion, evaluate } from '#policy/evaluate.ts';
import { globalKeys } from '#policy/global-keys.ts';
import { compilePolicy } from '#policy/policy.ts';
import type { AttachedPolicy, RoleSessionPrincipal } from '#policy/principal.ts';
import { percentile, printTable } from './figures.ts';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '200000' } } });
const runs = Number(values.runs);
const account = '111122223333';
const verbs = ['Describe', 'List', 'Create', 'Update', 'Delete'];

/** A fifth with wildcards in their actions, a fifth with conditions, a fifth with variables, a tenth denies. */
function statement(n: number) {
  const verb = verbs[n % verbs.length];
  return {
    Sid: `Statement${n}`,
    Effect: n % 10 === 9 ? 'Deny' : 'Allow',
    Action: n % 5 === 0 ? [`ecs:${verb}*`, 'logs:*'] : [`ecs:${verb}Service${n}`, 'ecs:RunTask', 'ecr:BatchGetImage'],
    Resource:
      n % 5 === 1 ? `arn:aws:ecs:*:*:task/${n}-\${aws:PrincipalTag/team}/*` : `arn:aws:ecs:*:${account}:*/c${n}/*`,
    ...(n % 5 === 2
      ? { Condition: { StringLike: { 'ecs:cluster': `*cluster/c${n}` }, IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }
      : {}),
  };
}

function attach(statements: readonly unknown[], kind: 'identity' | 'boundary'): AttachedPolicy {
  const policy = compilePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements }), kind);
  if ('malformed' in policy) throw new Error(policy.malformed);
  return { name: kind, policy };
}

function question(count: number): AuthorizationQuestion {
  const own = Array.from({ length: count - 1 }, (_, n) => statement(n));
  const last = { Effect: 'Allow', Action: 'ecs:RunTask', Resource: `arn:aws:ecs:*:${account}:task-definition/web:*` };
  const principal: RoleSessionPrincipal = {
    kind: 'role-session',
    account,
    arn: `arn:aws:sts::${account}:assumed-role/release/ci`,
    roleArn: `arn:aws:iam::${account}:role/release`,
    roleId: 'AROAEXAMPLEEXAMPLE01',
    identityPolicies: [attach([...own, last], 'identity')],
    boundary: attach([{ Effect: 'Allow', Action: '*', Resource: '*' }], 'boundary'),
  };
  const keys = globalKeys({
    principal,
    principalTags: { team: 'blue' },
    nowMs: 1_767_225_600_000,
    sourceIp: '10.1.2.3',
    secureTransport: true,
    region: 'us-east-1',
  });
  return {
    principal,
    action: 'ecs:RunTask',
    resource: `arn:aws:ecs:us-east-1:${account}:task-definition/web:7`,
    resourceAccount: account,
    context: contextOf({ ...keys, 'ecs:cluster': `arn:aws:ecs:us-east-1:${account}:cluster/blue` }),
  };
}

const rows: string[][] = [['statements', 'p50 µs', 'p99 µs', 'with context p50 µs', 'compile ms']];
for (const count of [10, 500]) {
  const begin = performance.now();
  const request = question(count);
  const compileMs = performance.now() - begin;
  const measure = (ask: () => boolean): number[] => {
    const times: number[] = [];
    for (let n = 0; n < runs; n++) {
      const start = process.hrtime.bigint();
      if (!ask()) throw new Error('the decision is wrong');
      times.push(Number(process.hrtime.bigint() - start) / 1000);
    }
    return times.slice(runs / 10);
  };
  const alone = measure(() => evaluate(request).allowed);
  const entries = Object.fromEntries(request.context);
  const withContext = measure(() => evaluate({ ...request, context: contextOf(entries) }).allowed);
  rows.push([
    String(count),
    percentile(alone, 0.5).toFixed(2),
    percentile(alone, 0.99).toFixed(2),
    percentile(withContext, 0.5).toFixed(2),
    compileMs.toFixed(1),
  ]);
}
printTable(rows);

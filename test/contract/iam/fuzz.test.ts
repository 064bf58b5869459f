/** Inputs of the right types and any content: permissions answer, handlers answer or refuse, nothing fails inside. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as schemas from '@aws-sdk/client-iam';
import fc from 'fast-check';
import { createAccessKeyUses } from '#auth/access-key-use.ts';
import { createRoleUses } from '#auth/role-uses.ts';
import { systemClock } from '#lib/clock.ts';
import { systemRandom } from '#lib/random.ts';
import { toOperation } from '#protocol/schema/shape.ts';
import { ServiceError } from '#protocol/service.ts';
import type { IamContext } from '#services/iam/context.ts';
import { handlers } from '#services/iam/handlers.ts';
import type { Input } from '#services/iam/permission-targets.ts';
import { permissions } from '#services/iam/permissions.ts';
import { arbitraryInput } from '../../support/arbitrary-input.ts';
import { startTestControlPlane, type TestControlPlane, testAccount } from '../../support/control-plane.ts';
import { allow, policy, trust } from './support.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? Math.trunc(Math.random() * 2 ** 31));
const numRuns = Number(process.env['FUZZ_RUNS'] ?? 40);
const again = `FUZZ_SEED=${seed} node --test test/contract/iam/fuzz.test.ts`;

let plane: TestControlPlane;
before(async () => {
  process.stdout.write(`# repeat with: ${again}\n`);
  plane = await startTestControlPlane();
});
after(() => plane.close());

const arn = (resource: string) => `arn:aws:iam::${testAccount}:${resource}`;
const documents = [
  policy(allow('ecs:*')),
  policy(
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the policy
    { ...allow('*', 'arn:aws:s3:::${aws:username}'), Condition: { Null: { 'aws:x': 'true' } } },
    { ...allow('a:b'), Effect: 'Deny' },
  ),
  trust('ecs-tasks.amazonaws.com'),
  policy({ Effect: 'Allow', Principal: { AWS: arn('user/a') }, Action: 'sts:AssumeRole' }),
  '{}',
  '[',
];
const arns = [
  arn('user/a'),
  arn('role/a'),
  arn('group/a'),
  arn('policy/a'),
  arn('root'),
  'arn:aws:iam::aws:policy/ReadOnlyAccess',
];
/** What gets far in members that take hardly anything else. */
const likely: Readonly<Record<string, readonly unknown[]>> = {
  PolicyDocument: documents,
  AssumeRolePolicyDocument: documents,
  ResourcePolicy: documents,
  PolicyInputList: documents.map((one) => [one]),
  PermissionsBoundaryPolicyInputList: documents.map((one) => [one]),
  ActionNames: [['ecs:RunTask', 's3:GetObject'], ['x'], ['*:*', ':', '']],
  PolicyArn: arns,
  PolicySourceArn: arns,
  PermissionsBoundary: arns,
  Arn: arns,
  CallerArn: arns,
  OpenIDConnectProviderArn: [arn('oidc-provider/a.example.com'), 'x'],
  Url: ['https://a.example.com', 'https://', 'x'],
  Path: ['/', '/a/', 'x'],
  NewPath: ['/', '/b/'],
  VersionId: ['v1', 'v2', '1'],
  AWSServiceName: ['ecs.amazonaws.com', 'autoscaling.amazonaws.com', 'x'],
  Password: ['Abcdefg1!', 'x'],
  MaxSessionDuration: [3600, 1],
  Marker: ['djEgYQ==', 'x'],
};
const names = ['UserName', 'GroupName', 'RoleName', 'PolicyName', 'InstanceProfileName', 'NewUserName', 'NewGroupName'];

function inputsOf(name: string): fc.Arbitrary<Record<string, unknown>> {
  const { input } = toOperation((schemas as unknown as Record<string, readonly unknown[]>)[`${name}$`]!);
  const overrides = Object.fromEntries(
    input.members.flatMap((member, i) => {
      const values = names.includes(member.name) ? ['a', 'A', 'b'] : likely[member.name];
      if (!values) return [];
      const value = fc.constantFrom(...values);
      return [[member.name, i < input.requiredCount ? value : fc.option(value, { nil: undefined })]];
    }),
  );
  const any = arbitraryInput(input) as fc.Arbitrary<Record<string, unknown>>;
  return fc.tuple(any, fc.record(overrides), fc.boolean()).map(([one, other, isLikely]) => {
    const all = isLikely ? { ...one, ...other } : { ...other, ...one };
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  });
}

function contextOf(operation: string, caller: string): IamContext {
  const { store, vault } = plane;
  const logger = { debug() {}, info() {}, warn() {}, error() {}, with: () => logger };
  return {
    account: testAccount,
    region: 'us-east-1',
    service: 'iam',
    operation,
    requestId: 'fuzz',
    principal: { account: testAccount, arn: caller, userId: 'x', accessKeyId: 'x' },
    clock: systemClock,
    random: systemRandom,
    logger,
    store: store.session(),
    deps: {
      vault,
      keyUses: createAccessKeyUses({ store, clock: systemClock }),
      roleUses: createRoleUses({ store, clock: systemClock }),
    },
    endpoint: '',
    sourceIp: '127.0.0.1',
    userAgent: '',
    secure: false,
    require() {},
    signal: new AbortController().signal,
  };
}

const callers = [arn('root'), arn('user/a'), `arn:aws:sts::${testAccount}:assumed-role/a/s`];
const made = [
  'CreateUser',
  'CreateGroup',
  'CreateRole',
  'CreatePolicy',
  'CreateInstanceProfile',
  'CreateOpenIDConnectProvider',
];
const order = [...made, ...Object.keys(handlers).filter((name) => !made.includes(name) && !name.startsWith('Delete'))];

for (const name of [...order, ...Object.keys(handlers).filter((one) => one.startsWith('Delete'))]) {
  test(name, () => {
    const { input: shape } = toOperation((schemas as unknown as Record<string, readonly unknown[]>)[`${name}$`]!);
    const required = shape.members.slice(0, shape.requiredCount).map((member) => member.name);
    fc.assert(
      fc.property(inputsOf(name), fc.constantFrom(...callers), (input, caller) => {
        if (required.some((member) => input[member] === undefined)) return;
        const ctx = contextOf(name, caller);
        for (const needed of [permissions[name]?.(ctx, input as Input) ?? []].flat()) {
          assert.equal(typeof needed.resource, 'string');
        }
        try {
          handlers[name]!(ctx, input);
        } catch (error) {
          if (!(error instanceof ServiceError)) throw error;
        }
      }),
      { seed, numRuns, endOnFailure: true },
    );
  });
}

/** Accounts, users and roles of a test, made in the store as IAM makes them. */
import { insertAccessKey } from '#auth/access-key.ts';
import { insertAccount } from '#auth/administrator.ts';
import { systemClock } from '#lib/clock.ts';
import { uniqueId } from '#lib/ids.ts';
import { systemRandom } from '#lib/random.ts';
import type { RoleRow, UserRow } from '#model/iam.ts';
import { accessKeys, roles, users } from '#store/tables/iam.ts';
import type { TestControlPlane } from './control-plane.ts';

export interface TestCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface TestIdentity {
  readonly arn: string;
  readonly credentials: TestCredentials;
}

export const allow = (action: string | readonly string[], resource: string | readonly string[] = '*', more = {}) => ({
  Effect: 'Allow',
  Action: action,
  Resource: resource,
  ...more,
});
export const deny = (action: string, resource = '*') => ({ ...allow(action, resource), Effect: 'Deny' });

export const policy = (...statements: readonly object[]) =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements });

/** A trust policy: whom it names, and on what conditions. */
export const trusting = (
  principal: unknown,
  condition?: object,
  action: string | readonly string[] = 'sts:AssumeRole',
) => policy({ Effect: 'Allow', Principal: principal, Action: action, ...(condition && { Condition: condition }) });

const made = { path: '/', attachedPolicyArns: [], tags: {} };
const inline = (statements: readonly object[]) =>
  statements.length === 0 ? [] : [{ name: 'test', document: policy(...statements) }];

/** An account of its own, with the credentials of its root. */
export function makeAccount(plane: TestControlPlane, id: string): TestIdentity {
  const deps = { vault: plane.vault, clock: systemClock, random: systemRandom };
  const credentials = plane.store.transact((tx) => insertAccount(tx, deps, { id, name: id }));
  return { arn: `arn:aws:iam::${id}:root`, credentials };
}

export function makeUser(
  plane: TestControlPlane,
  name: string,
  statements: readonly object[],
  more: Partial<UserRow> = {},
): TestIdentity {
  const { vault, store } = plane;
  const account = more.account ?? plane.account;
  const arn = `arn:aws:iam::${account}:user/${name}`;
  const id = uniqueId(systemRandom, 'AIDA');
  return store.transact((tx) => {
    const row = { ...made, arn, account, name, id, createdAt: 0, groupArns: [], inlinePolicies: inline(statements) };
    tx.insert(users, { ...row, ...more });
    const owner = { account, principalArn: arn, principalId: id };
    const key = insertAccessKey(tx, { vault, clock: systemClock, random: systemRandom }, owner);
    return { arn, credentials: { accessKeyId: key.accessKeyId, secretAccessKey: key.secretAccessKey } };
  });
}

/** Answers its ARN. */
export function makeRole(
  plane: TestControlPlane,
  name: string,
  trust: string,
  statements: readonly object[] = [],
  more: Partial<RoleRow> = {},
): string {
  const account = more.account ?? plane.account;
  const path = more.path ?? '/';
  const arn = `arn:aws:iam::${account}:role${path}${name}`;
  const row: RoleRow = {
    ...made,
    arn,
    account,
    name,
    id: uniqueId(systemRandom, 'AROA'),
    createdAt: 0,
    inlinePolicies: inline(statements),
    assumeRolePolicyDocument: trust,
    maxSessionDurationSeconds: 3_600,
    ...more,
  };
  plane.store.transact((tx) => tx.put(roles, row));
  return arn;
}

export function deactivate(plane: TestControlPlane, { credentials }: TestIdentity): void {
  plane.store.transact((tx) =>
    tx.update(accessKeys, credentials.accessKeyId, (row) => ({ ...row, status: 'Inactive' as const })),
  );
}

/** As the SDK's clients take what STS answers. */
export const toCredentials = (answer: {
  readonly AccessKeyId: string | undefined;
  readonly SecretAccessKey: string | undefined;
  readonly SessionToken: string | undefined;
}): TestCredentials => ({
  accessKeyId: answer.AccessKeyId!,
  secretAccessKey: answer.SecretAccessKey!,
  sessionToken: answer.SessionToken!,
});

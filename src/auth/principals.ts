/**
 * From who calls (as authentication found out) to who it is for policies: every policy that permits or limits the
 * caller, read from the rows as they are now. Compiled policies are kept per text and lists per row; rows are never
 * changed, so a decision sees every change of policy that was committed before it.
 */
import type { InlinePolicy, RoleRow, UserRow } from '#model/iam.ts';
import { managedPolicies as awsPolicies } from '#policy/managed/all.ts';
import type { AttachedPolicy, Principal as PolicyPrincipal } from '#policy/principal.ts';
import type { Principal, SessionFacts } from '#protocol/service.ts';
import type { View } from '#store/store.ts';
import { groups, managedPolicies, roles, users } from '#store/tables/iam.ts';
import { policyOf, publishedPolicyOf } from './documents.ts';

type Tags = Readonly<Record<string, string>>;

/** A caller for the policy engine, with what conditions may ask of it. */
export interface Caller {
  readonly principal: PolicyPrincipal;
  /** `aws:userid` */
  readonly userId: string | undefined;
  /** Of the user or role, and over them those of the session. */
  readonly tags: Tags | undefined;
}

const nothing: AttachedPolicy = {
  name: 'a policy that does not exist',
  policy: policyOf('{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}', 'identity'),
};

const everything: AttachedPolicy = {
  name: 'root user',
  policy: policyOf('{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}', 'identity'),
};

/** A managed policy in its default version, AWS's or the account's. */
export function managedPolicyOf(view: View, arn: string): AttachedPolicy | undefined {
  const published = awsPolicies.get(arn);
  if (published) return { name: arn, policy: publishedPolicyOf(arn, published) };
  const row = view.get(managedPolicies, arn);
  const version = row?.versions.find((one) => one.versionId === row.defaultVersionId);
  return version && { name: arn, policy: policyOf(version.document, 'identity') };
}

interface Identity {
  readonly name: string;
  readonly inlinePolicies: readonly InlinePolicy[];
  readonly attachedPolicyArns: readonly string[];
}

const inlineOf = new WeakMap<Identity, readonly AttachedPolicy[]>();

function inlinePoliciesOf(row: Identity, kind: 'user' | 'group' | 'role'): readonly AttachedPolicy[] {
  let list = inlineOf.get(row);
  if (!list) {
    list = row.inlinePolicies.map(({ name, document }) => ({
      name: `inline policy ${name} of ${kind} ${row.name}`,
      policy: policyOf(document, 'identity'),
    }));
    inlineOf.set(row, list);
  }
  return list;
}

function policiesOf(view: View, row: Identity, kind: 'user' | 'group' | 'role'): AttachedPolicy[] {
  const list = [...inlinePoliciesOf(row, kind)];
  for (const arn of row.attachedPolicyArns) {
    const policy = managedPolicyOf(view, arn);
    if (policy) list.push(policy);
  }
  return list;
}

/** Identity-based policies of a user: its own and those of its groups. */
export function userPolicies(view: View, user: UserRow): readonly AttachedPolicy[] {
  const list = policiesOf(view, user, 'user');
  for (const arn of user.groupArns) {
    const group = view.get(groups, arn);
    if (group) list.push(...policiesOf(view, group, 'group'));
  }
  return list;
}

export const rolePolicies = (view: View, role: RoleRow): readonly AttachedPolicy[] => policiesOf(view, role, 'role');

export function boundaryOf(view: View, row: UserRow | RoleRow): AttachedPolicy | undefined {
  const arn = row.permissionsBoundary;
  return arn === undefined ? undefined : (managedPolicyOf(view, arn) ?? nothing);
}

const sessionPolicies = (view: View, { policies, policyArns }: SessionFacts): AttachedPolicy[] => [
  ...(policies ?? []).map((document) => ({ name: 'session policy', policy: policyOf(document, 'session') })),
  ...(policyArns ?? []).map((arn) => managedPolicyOf(view, arn) ?? nothing),
];

const isLimited = ({ policies, policyArns }: SessionFacts) => policies !== undefined || policyArns !== undefined;

function userCaller(view: View, account: string, arn: string, userId: string): Caller {
  const row = view.get(users, arn);
  const user = row?.id === userId ? row : undefined;
  const principal: PolicyPrincipal = {
    kind: 'user',
    account,
    arn,
    userId,
    identityPolicies: user ? userPolicies(view, user) : [],
    boundary: user && boundaryOf(view, user),
  };
  return { principal, userId, tags: user?.tags };
}

function roleCaller(view: View, { account, arn, userId }: Principal, session: SessionFacts): Caller {
  const row = view.get(roles, session.issuerArn);
  const role = row?.id === session.issuerId ? row : undefined;
  const principal: PolicyPrincipal = {
    kind: 'role-session',
    account,
    arn,
    roleArn: session.issuerArn,
    roleId: session.issuerId,
    identityPolicies: role ? rolePolicies(view, role) : [],
    boundary: role && boundaryOf(view, role),
    sessionPolicies: isLimited(session) ? sessionPolicies(view, session) : undefined,
  };
  return { principal, userId, tags: session.tags ? { ...role?.tags, ...session.tags } : role?.tags };
}

/** A federated user may do what the user behind it may and the session policies allow; without any of those, nothing. */
function federatedCaller(view: View, { account, arn, userId }: Principal, session: SessionFacts): Caller {
  const row = view.get(users, session.issuerArn);
  const user = row?.id === session.issuerId ? row : undefined;
  const isRoot = isRootArn(session.issuerArn);
  const principal: PolicyPrincipal = {
    kind: 'federated-user',
    account,
    arn,
    userArn: session.issuerArn,
    identityPolicies: user ? userPolicies(view, user) : isRoot ? [everything] : [],
    boundary: user && boundaryOf(view, user),
    sessionPolicies: sessionPolicies(view, session),
  };
  return { principal, userId, tags: session.tags ? { ...user?.tags, ...session.tags } : user?.tags };
}

export const isRootArn = (arn: string): boolean => arn.startsWith('arn:aws:iam::') && arn.endsWith(':root');

export function callerOf(view: View, principal: Principal): Caller {
  const { account, arn, userId, session } = principal;
  if (account === '') return { principal: { kind: 'anonymous' }, userId: undefined, tags: undefined };
  if (session?.kind === 'assumed-role') return roleCaller(view, principal, session);
  if (session?.kind === 'federated-user') return federatedCaller(view, principal, session);
  if (isRootArn(arn)) return { principal: { kind: 'root', account, arn }, userId, tags: undefined };
  return userCaller(view, account, arn, userId);
}

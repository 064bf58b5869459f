/** Managed policies, AWS's and the account's, in one form. */
import { createHash } from 'node:crypto';
import type { ManagedPolicyRow, PolicyVersion } from '#model/iam.ts';
import { managedPolicies as awsPolicies } from '#policy/managed/all.ts';
import { arnOf, documentOf, type ManagedPolicy } from '#policy/managed/managed-policy.ts';
import type { View } from '#store/store.ts';
import { groups, managedPolicies, roles, users } from '#store/tables/iam.ts';
import type { IamContext } from './context.ts';
import { accessDenied, invalidInput, noSuchEntity } from './errors.ts';

export interface AnyPolicy extends Omit<ManagedPolicyRow, 'account' | 'nextVersion'> {
  readonly isAws: boolean;
}

/** When AWS published most of them; it is not known of each. */
const publishedAt = Date.UTC(2015, 1, 6, 18, 40, 58);

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The same in every account and installation, though not AWS's own. */
function awsPolicyId(arn: string): string {
  let id = 'ANPA';
  for (const byte of createHash('sha256').update(arn).digest().subarray(0, 17)) id += base32[byte % 32];
  return id;
}

function fromAws(policy: ManagedPolicy): AnyPolicy {
  const arn = arnOf(policy);
  return {
    arn,
    path: policy.path,
    name: policy.name,
    id: awsPolicyId(arn),
    ...(policy.description !== undefined && { description: policy.description }),
    createdAt: publishedAt,
    updatedAt: publishedAt,
    defaultVersionId: policy.version,
    versions: [
      { versionId: policy.version, document: JSON.stringify(documentOf(policy), undefined, 4), createdAt: publishedAt },
    ],
    tags: {},
    isAws: true,
  };
}

const published = new Map([...awsPolicies].map(([arn, policy]) => [arn, fromAws(policy)]));
const publishedInOrder = [...published.values()].sort((a, b) => (a.arn < b.arn ? -1 : 1));

const fromRow = ({ account: _, nextVersion: __, ...row }: ManagedPolicyRow): AnyPolicy => ({ ...row, isAws: false });

const policyArn = /^arn:aws:iam::(aws|\d{12}):policy\/[\u0021-\u007e]+$/;

/** Undefined when there is none, or it is another account's; throws for what is no ARN of a policy. */
export function findPolicy(view: View, account: string, arn: string): AnyPolicy | undefined {
  const owner = policyArn.exec(arn)?.[1];
  if (owner === undefined) throw invalidInput(`ARN ${arn} is not valid.`);
  if (owner === 'aws') return published.get(arn);
  const row = owner === account ? view.get(managedPolicies, arn) : undefined;
  return row && fromRow(row);
}

export function policyAt(view: View, account: string, arn: string): AnyPolicy {
  const policy = findPolicy(view, account, arn);
  if (!policy) throw noSuchEntity(`Policy ${arn} was not found.`);
  return policy;
}

/** One that its account may change; nobody may change AWS's. */
export function customerPolicy(ctx: IamContext, view: View, arn: string): ManagedPolicyRow {
  if (policyAt(view, ctx.account, arn).isAws) {
    const { principal, operation } = ctx;
    throw accessDenied(
      `User: ${principal.arn} is not authorized to perform: iam:${operation} on resource: policy ${arn}`,
    );
  }
  return view.get(managedPolicies, arn)!;
}

export function versionOf(policy: AnyPolicy | undefined, arn: string, versionId: string): PolicyVersion {
  const version = policy?.versions.find((one) => one.versionId === versionId);
  if (!version) throw noSuchEntity(`Policy ${arn} version ${versionId} does not exist or is not attachable.`);
  return version;
}

/** AWS's first, each kind in the order of its ARNs, from `after` on. */
export function* allPolicies(
  view: View,
  account: string,
  scope: 'All' | 'AWS' | 'Local',
  after?: string,
): Generator<AnyPolicy> {
  const isPastAws = after !== undefined && !published.has(after);
  if (scope !== 'Local' && !isPastAws) {
    for (const policy of publishedInOrder) if (after === undefined || policy.arn > after) yield policy;
  }
  if (scope === 'AWS') return;
  for (const row of view.find(managedPolicies, 'byAccount', account, isPastAws ? after : undefined)) yield fromRow(row);
}

/** Who in the account has it attached. */
export function attachmentsOf(view: View, account: string, arn: string) {
  const own = (row: { readonly account: string }) => row.account === account;
  return {
    users: [...view.find(users, 'byAttachedPolicy', arn)].filter(own),
    groups: [...view.find(groups, 'byAttachedPolicy', arn)].filter(own),
    roles: [...view.find(roles, 'byAttachedPolicy', arn)].filter(own),
  };
}

/** Whose permissions boundary it is. */
export function boundariesOf(view: View, account: string, arn: string) {
  const own = (row: { readonly account: string }) => row.account === account;
  return {
    users: [...view.find(users, 'byBoundary', arn)].filter(own),
    roles: [...view.find(roles, 'byBoundary', arn)].filter(own),
  };
}

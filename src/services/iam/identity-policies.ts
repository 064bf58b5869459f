/** Policies of users, groups and roles: attached ones and inline ones. */

import type { Tx } from '#store/store.ts';
import type { IamContext } from './context.ts';
import { checkPolicyDocument, sizeOf } from './documents.ts';
import { deleteConflict, limitExceeded, noSuchEntity, notAttachable, quotaExceeded } from './errors.ts';
import { attachedPolicyLimit, findIdentity, type Identity, type IdentityKind } from './identities.ts';
import { findPolicy } from './managed-policies.ts';
import { pageOf } from './paging.ts';
import { refuseProtected } from './protected-roles.ts';
import { encodeDocument } from './views/policies.ts';

interface PageInput {
  readonly PathPrefix?: string | undefined;
  readonly Marker?: string | undefined;
  readonly MaxItems?: number | undefined;
}

/** Runs `change` on the row, in one transaction; service-linked roles are refused. */
export function changeIdentity<R extends Identity>(
  ctx: IamContext,
  kind: IdentityKind<R>,
  name: string,
  change: (row: R, tx: Tx) => R,
): void {
  ctx.store.transact((tx) => {
    const row = findIdentity(tx, kind, ctx.account, name);
    if ('assumeRolePolicyDocument' in row) refuseProtected(row);
    const after = change(row, tx);
    if (after !== row) tx.put(kind.table, after);
  });
}

export function attachPolicy<R extends Identity>(ctx: IamContext, kind: IdentityKind<R>, name: string, arn: string) {
  changeIdentity(ctx, kind, name, (row, tx) => {
    const policy = findPolicy(tx, ctx.account, arn);
    if (!policy) throw noSuchEntity(`Policy ${arn} does not exist or is not attachable.`);
    if (policy.path.startsWith('/aws-service-role/'))
      throw notAttachable('Cannot attach a Service Role Policy to a Customer Role.');
    if (row.attachedPolicyArns.includes(arn)) return row;
    if (row.attachedPolicyArns.length >= attachedPolicyLimit)
      throw quotaExceeded(kind.attachQuota, attachedPolicyLimit);
    return { ...row, attachedPolicyArns: [...row.attachedPolicyArns, arn] };
  });
  return {};
}

export function detachPolicy<R extends Identity>(ctx: IamContext, kind: IdentityKind<R>, name: string, arn: string) {
  changeIdentity(ctx, kind, name, (row, tx) => {
    findPolicy(tx, ctx.account, arn);
    if (!row.attachedPolicyArns.includes(arn)) throw noSuchEntity(`Policy ${arn} was not found.`);
    return { ...row, attachedPolicyArns: row.attachedPolicyArns.filter((one) => one !== arn) };
  });
  return {};
}

export const attachedPolicyView = (arn: string) => ({
  PolicyName: arn.slice(arn.lastIndexOf('/') + 1),
  PolicyArn: arn,
});

const pathOf = (arn: string) => arn.slice(arn.indexOf(':policy/') + ':policy'.length, arn.lastIndexOf('/') + 1);

export function listAttachedPolicies<R extends Identity>(
  ctx: IamContext,
  kind: IdentityKind<R>,
  name: string,
  input: PageInput,
) {
  const row = findIdentity(ctx.store, kind, ctx.account, name);
  const prefix = input.PathPrefix ?? '/';
  const arns = row.attachedPolicyArns.filter((arn) => pathOf(arn).startsWith(prefix));
  const { items, ...page } = pageOf(input, arns, (arn) => arn);
  return { AttachedPolicies: items.map(attachedPolicyView), ...page };
}

export function putInlinePolicy<R extends Identity>(
  ctx: IamContext,
  kind: IdentityKind<R>,
  name: string,
  policy: { readonly name: string; readonly document: string },
) {
  changeIdentity(ctx, kind, name, (row) => {
    checkPolicyDocument(policy.document, 'inline');
    const others = row.inlinePolicies.filter((one) => one.name !== policy.name);
    const inlinePolicies = [...others, policy].sort((a, b) => (a.name < b.name ? -1 : 1));
    const size = inlinePolicies.reduce((sum, one) => sum + sizeOf(one.document), 0);
    if (size > kind.inlineCharacters)
      throw limitExceeded(
        `Maximum policy size of ${kind.inlineCharacters} bytes exceeded for ${kind.word} ${row.name}`,
      );
    return { ...row, inlinePolicies };
  });
  return {};
}

const notThere = (word: string, name: string) => noSuchEntity(`The ${word} policy with name ${name} cannot be found.`);

export function getInlinePolicy<R extends Identity>(
  ctx: IamContext,
  kind: IdentityKind<R>,
  name: string,
  policyName: string,
) {
  const row = findIdentity(ctx.store, kind, ctx.account, name);
  const policy = row.inlinePolicies.find((one) => one.name === policyName);
  if (!policy) throw notThere(kind.word, policyName);
  return { row, policy: { PolicyName: policy.name, PolicyDocument: encodeDocument(policy.document) } };
}

export function deleteInlinePolicy<R extends Identity>(
  ctx: IamContext,
  kind: IdentityKind<R>,
  name: string,
  policyName: string,
) {
  changeIdentity(ctx, kind, name, (row) => {
    const inlinePolicies = row.inlinePolicies.filter((one) => one.name !== policyName);
    if (inlinePolicies.length === row.inlinePolicies.length) throw notThere(kind.word, policyName);
    return { ...row, inlinePolicies };
  });
  return {};
}

export function listInlinePolicies<R extends Identity>(
  ctx: IamContext,
  kind: IdentityKind<R>,
  name: string,
  input: PageInput,
) {
  const row = findIdentity(ctx.store, kind, ctx.account, name);
  const names = row.inlinePolicies.map((policy) => policy.name);
  const { items, ...page } = pageOf(input, names, (one) => one);
  return { PolicyNames: [...items], ...page };
}

/** Before a user, group or role goes. */
export function checkDetached(row: Identity): void {
  if (row.attachedPolicyArns.length > 0) throw deleteConflict('Cannot delete entity, must detach all policies first.');
  if (row.inlinePolicies.length > 0) throw deleteConflict('Cannot delete entity, must delete policies first.');
}

/** Service-linked roles of ECR, made when an operation first needs one; the caller must be permitted to have it made. */
import { ensureServiceLinkedRole, findServiceLinkedRole, serviceLinkedRoleArn } from '#auth/service-linked-roles.ts';
import type { Tx } from '#store/store.ts';
import type { EcrContext } from './context.ts';

/** Before the transaction that makes it. */
export function requireServiceRole(ctx: EcrContext, service: string): void {
  if (findServiceLinkedRole(ctx.store, ctx.account, service)) return;
  const resource = serviceLinkedRoleArn(ctx.account, service)!;
  ctx.require({ action: 'iam:CreateServiceLinkedRole', resource, keys: { 'iam:AWSServiceName': service } });
}

export const makeServiceRole = (tx: Tx, ctx: EcrContext, service: string): void => {
  ensureServiceLinkedRole(tx, { clock: ctx.clock, random: ctx.random }, ctx.account, service);
};

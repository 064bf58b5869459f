/** From a client's name for a key to its row, or to AWS's error for what is not there or cannot be used. */
import { findKey, isRotationDue, rotateIfDue, toArn } from '#keys/kms-key.ts';
import { parseArn } from '#model/arn.ts';
import type { KmsKeyRow } from '#model/kms.ts';
import { kmsKeys } from '#store/tables/secrets.ts';
import { type KmsContext, keyDeps } from './context.ts';
import {
  accessDenied,
  aliasNotFound,
  invalidKeyUsage,
  keyDisabled,
  keyNotFound,
  notFound,
  pendingDeletion,
} from './errors.ts';

const uuidLike = /^[0-9a-f-]{36}$|^mrk-[0-9a-f]{32}$/i;

function missing(ctx: KmsContext, named: string) {
  const arn = toArn(ctx, named);
  const parsed = parseArn(arn);
  if (parsed?.service !== 'kms') return notFound(`Invalid keyId '${named}'`);
  if (parsed.region !== ctx.region) return notFound(`Invalid arn ${parsed.region}`);
  if (parsed.resource.startsWith('alias/')) return aliasNotFound(arn);
  const id = parsed.resource.replace(/^key\//, '');
  return uuidLike.test(id) ? keyNotFound(arn) : notFound(`Invalid keyId '${id}'`);
}

/** By key id, key ARN, alias or alias ARN. NotFoundException. */
export function resolveKey(ctx: KmsContext, named: string | undefined): KmsKeyRow {
  const key = findKey(ctx.store, ctx, named ?? '');
  if (!key) throw missing(ctx, named ?? '');
  return key;
}

/**
 * A key to be changed. Aliases do not name one for that; AWS managed keys and those of other accounts are not changed,
 * whatever policies say.
 */
export function resolveCustomerKey(ctx: KmsContext, named: string | undefined): KmsKeyRow {
  if (named?.includes('alias/')) throw notFound(`Invalid keyId '${named}'`);
  const key = resolveKey(ctx, named);
  if (key.manager === 'AWS' || key.account !== ctx.account) {
    throw accessDenied(
      `User: ${ctx.principal.arn} is not authorized to perform: kms:${ctx.operation} on resource: ${key.arn} because no resource-based policy allows the kms:${ctx.operation} action`,
    );
  }
  return key;
}

export function checkNotDeleting(key: KmsKeyRow): void {
  if (key.state === 'PendingDeletion') throw pendingDeletion(key.arn);
}

export function checkEnabled(key: KmsKeyRow): void {
  checkNotDeleting(key);
  if (key.state === 'Disabled') throw keyDisabled(key.arn);
}

/** Enabled and of the usage that the operation is for. */
export function checkUsable(ctx: KmsContext, key: KmsKeyRow, usage: KmsKeyRow['usage']): void {
  checkEnabled(key);
  if (key.usage !== usage) {
    throw invalidKeyUsage(`${key.arn} key usage is ${key.usage} which is not valid for ${ctx.operation}.`);
  }
}

/** The key as it encrypts now: with new material when the day of its rotation has come. */
export function freshKey(ctx: KmsContext, key: KmsKeyRow): KmsKeyRow {
  if (!isRotationDue(key, ctx.clock.now())) return key;
  return ctx.store.transact((tx) => rotateIfDue(tx, keyDeps(ctx), tx.get(kmsKeys, key.arn) ?? key));
}

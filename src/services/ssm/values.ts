/** Sealing and opening values. SecureStrings are under a KMS key whose use the caller must be permitted. */
import { keyPermission } from '#keys/kms-access.ts';
import {
  aliasArn,
  defaultKey,
  findKey,
  keyOfSealed,
  openValue,
  problemOf,
  rotateIfDue,
  sealValue,
  toArn,
} from '#keys/kms-key.ts';
import type { KmsKeyRow } from '#model/kms.ts';
import type { ParameterVersionRow } from '#model/ssm.ts';
import type { Tx } from '#store/store.ts';
import { kmsKeys } from '#store/tables/secrets.ts';
import { keyDeps, type SsmContext } from './context.ts';
import { invalidKeyId } from './errors.ts';

const purpose = 'parameter';
export const defaultKeyAlias = 'alias/aws/ssm';

function usable(key: KmsKeyRow | undefined, named: string, arn: string): KmsKeyRow {
  switch (problemOf(key)) {
    case 'MISSING':
      throw invalidKeyId(named.includes('alias/') ? `Alias ${arn} is not found.` : `Key '${arn}' does not exist`);
    case 'DISABLED':
      throw invalidKeyId(`${key!.arn} is disabled.`);
    case 'PENDING_DELETION':
      throw invalidKeyId(`${key!.arn} is pending deletion.`);
    case 'WRONG_USAGE':
      throw invalidKeyId(`${key!.arn} is not a symmetric encryption key.`);
    case undefined:
      return key!;
  }
}

const contextOf = (parameterArn: string) => ({ PARAMETER_ARN: parameterArn });

/** The key that a SecureString is to be written under; the caller must be permitted `action` with it. */
export function keyForWriting(ctx: SsmContext, named: string, parameterArn: string, action: string): KmsKeyRow {
  const found =
    named === defaultKeyAlias || named === aliasArn(ctx, defaultKeyAlias)
      ? ctx.store.transact((tx) => defaultKey(tx, keyDeps(ctx), ctx, defaultKeyAlias))
      : findKey(ctx.store, ctx, named);
  const key = usable(found, named, toArn(ctx, named));
  requireKey(ctx, key, action, parameterArn);
  return key;
}

function requireKey(ctx: SsmContext, key: KmsKeyRow, action: string, parameterArn: string): void {
  const encryptionContext = contextOf(parameterArn);
  ctx.require(
    keyPermission(ctx.store, key, action, { principal: ctx.principal, encryptionContext, viaService: 'ssm' }),
  );
}

/** Without a key, of a String or StringList, by the vault. */
export function sealParameter(
  ctx: SsmContext,
  tx: Tx,
  value: string,
  at: { readonly versionKey: string; readonly arn: string; readonly key: KmsKeyRow | undefined },
): string {
  if (!at.key) return ctx.deps.vault.seal(purpose, value, at.versionKey);
  const key = rotateIfDue(tx, keyDeps(ctx), tx.get(kmsKeys, at.key.arn) ?? at.key);
  return sealValue(keyDeps(ctx), key, value, contextOf(at.arn));
}

/** What an answer shows: a SecureString that is not to be decrypted is its ciphertext. */
export function shownValue(
  ctx: SsmContext,
  version: ParameterVersionRow,
  parameterArn: string,
  withDecryption: boolean | undefined,
): string {
  const { vault } = ctx.deps;
  if (version.type !== 'SecureString') return vault.open(purpose, version.sealed, version.key).toString();
  if (!withDecryption) return version.sealed;
  const keyArn = keyOfSealed(version.sealed) ?? '';
  const key = usable(ctx.store.get(kmsKeys, keyArn), keyArn, keyArn);
  requireKey(ctx, key, 'kms:Decrypt', parameterArn);
  return openValue(vault, key, version.sealed, contextOf(parameterArn)).toString();
}

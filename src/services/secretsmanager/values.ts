/** Sealing and opening values under the KMS key of their secret, which the caller must be permitted to use. */
import { keyPermission } from '#keys/kms-access.ts';
import { defaultKey, findKey, openValue, problemOf, rotateIfDue, sealValue } from '#keys/kms-key.ts';
import type { Scope } from '#model/arn.ts';
import type { KmsKeyRow } from '#model/kms.ts';
import type { SecretRow, SecretVersionRow } from '#model/secretsmanager.ts';
import { Constraints } from '#protocol/constraints.ts';
import type { Tx } from '#store/store.ts';
import { kmsKeys, secretVersions } from '#store/tables/secrets.ts';
import { keyDeps, type SecretsContext } from './context.ts';
import { decryptionFailure, encryptionFailure, invalidParameter } from './errors.ts';
import { attachStages, dropDeprecated, versionKey } from './secrets.ts';

const defaultKeyAlias = 'alias/aws/secretsmanager';
const MAX_VALUE_BYTES = 65_536;

export interface Value {
  readonly kind: SecretVersionRow['kind'];
  readonly bytes: Buffer;
}

/** The value that a request brings, if any. */
export function valueIn(input: {
  readonly SecretString?: string | undefined;
  readonly SecretBinary?: Uint8Array | undefined;
}): Value | undefined {
  const { SecretString: text, SecretBinary: binary } = input;
  if (text !== undefined && binary !== undefined) {
    throw invalidParameter(
      "You can't specify both a binary secret value and a string secret value in the same secret.",
    );
  }
  if (text === undefined && binary === undefined) return undefined;
  const bytes = Buffer.from(text ?? binary!);
  const member = text === undefined ? 'secretBinary' : 'secretString';
  new Constraints().size(member, bytes.length, { min: 1, max: MAX_VALUE_BYTES }).check();
  return { kind: text === undefined ? 'binary' : 'string', bytes };
}

const contextOf = (secretArn: string, versionId: string) => ({ SecretARN: secretArn, SecretVersionId: versionId });

/** What a writer names, or else the AWS managed key of the region, made now if need be. */
function keyNamed(ctx: SecretsContext, scope: Scope, named: string | undefined): KmsKeyRow {
  const isDefault = named === undefined || named.endsWith(defaultKeyAlias);
  const key = isDefault
    ? ctx.store.transact((tx) => defaultKey(tx, keyDeps(ctx), scope, defaultKeyAlias))
    : findKey(ctx.store, scope, named);
  if (problemOf(key) !== undefined) throw encryptionFailure();
  return key!;
}

function requireKey(ctx: SecretsContext, key: KmsKeyRow, action: string, arn: string, versionId: string): void {
  const encryptionContext = contextOf(arn, versionId);
  const use = { principal: ctx.principal, encryptionContext, viaService: 'secretsmanager' };
  ctx.require(keyPermission(ctx.store, key, action, use));
}

/** The key for a version that is to be written, in the region of `scope`; the caller must be permitted to use it. */
export function keyForWriting(
  ctx: SecretsContext,
  scope: Scope,
  named: string | undefined,
  arn: string,
  versionId: string,
): KmsKeyRow {
  const key = keyNamed(ctx, scope, named);
  requireKey(ctx, key, 'kms:GenerateDataKey', arn, versionId);
  requireKey(ctx, key, 'kms:Decrypt', arn, versionId);
  return key;
}

export function sealVersion(
  ctx: SecretsContext,
  tx: Tx,
  key: KmsKeyRow,
  arn: string,
  versionId: string,
  bytes: Buffer,
): Pick<SecretVersionRow, 'sealed' | 'kmsKeyArn'> {
  const current = rotateIfDue(tx, keyDeps(ctx), tx.get(kmsKeys, key.arn) ?? key);
  return { sealed: sealValue(keyDeps(ctx), current, bytes, contextOf(arn, versionId)), kmsKeyArn: key.arn };
}

/** Adds a version and gives it its labels. */
export function addVersion(
  ctx: SecretsContext,
  tx: Tx,
  version: { readonly arn: string; readonly id: string; readonly value: Value; readonly stages: readonly string[] },
  key: KmsKeyRow,
): void {
  const { arn, id, value, stages } = version;
  tx.insert(secretVersions, {
    key: versionKey(arn, id),
    secretArn: arn,
    versionId: id,
    kind: value.kind,
    ...sealVersion(ctx, tx, key, arn, id, value.bytes),
    stages: [],
    createdAt: ctx.clock.now(),
  });
  attachStages(tx, arn, id, stages);
  dropDeprecated(tx, arn);
}

/** Without asking whether anybody may: for copies and comparisons inside the service. */
export function openUnasked(ctx: SecretsContext, version: SecretVersionRow): Buffer {
  const key = ctx.store.get(kmsKeys, version.kmsKeyArn);
  if (problemOf(key) !== undefined) throw decryptionFailure();
  return openValue(ctx.deps.vault, key!, version.sealed, contextOf(version.secretArn, version.versionId));
}

/** For its reader, who must be permitted to decrypt with the version's key. */
export function openVersion(ctx: SecretsContext, secret: SecretRow, version: SecretVersionRow): Buffer {
  const key = ctx.store.get(kmsKeys, version.kmsKeyArn);
  if (problemOf(key) !== undefined) throw decryptionFailure();
  requireKey(ctx, key!, 'kms:Decrypt', secret.arn, version.versionId);
  return openUnasked(ctx, version);
}

/** Grants: their tokens, and finding one again. What a grant allows: keys/kms-access.ts. */
import type { GrantOperation } from '@aws-sdk/client-kms';
import { findKey } from '#keys/kms-key.ts';
import type { KmsGrantRow, KmsKeyRow } from '#model/kms.ts';
import type { View } from '#store/store.ts';
import { kmsGrants } from '#store/tables/secrets.ts';
import type { KmsContext } from './context.ts';
import { notFound } from './errors.ts';

export const grantNotFound = (id: string) => notFound(`Grant ID ${id} not found`);

const always: readonly GrantOperation[] = ['CreateGrant', 'RetireGrant', 'DescribeKey'];
const ofPublicKey: readonly GrantOperation[] = ['GetPublicKey'];
const ofUsage: Readonly<Partial<Record<KmsKeyRow['usage'], readonly GrantOperation[]>>> = {
  ENCRYPT_DECRYPT: ['Encrypt', 'Decrypt', 'ReEncryptFrom', 'ReEncryptTo'],
  SIGN_VERIFY: ['Sign', 'Verify'],
  GENERATE_VERIFY_MAC: ['GenerateMac', 'VerifyMac'],
  KEY_AGREEMENT: ['DeriveSharedSecret'],
};
const ofDataKeys: readonly GrantOperation[] = [
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
];

/** The key can do it at all. */
export const isOperationOf = (key: KmsKeyRow, operation: GrantOperation): boolean =>
  always.includes(operation) ||
  ofUsage[key.usage]?.includes(operation) === true ||
  (key.publicKey !== undefined && ofPublicKey.includes(operation)) ||
  (key.spec === 'SYMMETRIC_DEFAULT' && ofDataKeys.includes(operation));

/** Names the grant; good for retiring it, as at AWS. */
export const grantToken = (grant: KmsGrantRow): string => Buffer.from(grant.key).toString('base64');

/** A grant of the same name that is the same in everything: repeating a request makes no second one. */
export function findByName(view: View, grant: KmsGrantRow): KmsGrantRow | undefined {
  if (grant.name === undefined) return undefined;
  const sameness = ({ key: _, id: __, createdAt: ___, ...rest }: KmsGrantRow) =>
    JSON.stringify(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)));
  for (const other of view.find(kmsGrants, 'byKey', grant.keyArn)) {
    if (other.name === grant.name && sameness(other) === sameness(grant)) return other;
  }
  return undefined;
}

/** By token, or by key and id; undefined when there is none. */
export function namedGrant(
  ctx: KmsContext,
  input: {
    readonly GrantToken?: string | undefined;
    readonly KeyId?: string | undefined;
    readonly GrantId?: string | undefined;
  },
): KmsGrantRow | undefined {
  if (input.GrantToken !== undefined) {
    return ctx.store.get(kmsGrants, Buffer.from(input.GrantToken, 'base64').toString());
  }
  const key = findKey(ctx.store, ctx, input.KeyId ?? '');
  return key && ctx.store.get(kmsGrants, `${key.arn}#${input.GrantId}`);
}

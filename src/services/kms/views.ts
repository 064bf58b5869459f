/** Rows as KMS answers them. */
import type { AliasListEntry, GrantListEntry, KeyMetadata } from '@aws-sdk/client-kms';
import { lastSegment } from '#model/arn.ts';
import type { KmsAliasRow, KmsGrantRow, KmsKeyRow } from '#model/kms.ts';
import { specs } from './specs.ts';

export function keyMetadata(row: KmsKeyRow): KeyMetadata {
  const spec = specs[row.spec];
  return {
    AWSAccountId: row.account,
    KeyId: row.id,
    Arn: row.arn,
    CreationDate: new Date(row.createdAt),
    Enabled: row.state === 'Enabled',
    Description: row.description,
    KeyUsage: row.usage,
    KeyState: row.state,
    Origin: 'AWS_KMS',
    KeyManager: row.manager,
    CustomerMasterKeySpec: row.spec as NonNullable<KeyMetadata['CustomerMasterKeySpec']>,
    KeySpec: row.spec,
    MultiRegion: false,
    ...(row.deletionAt !== undefined && { DeletionDate: new Date(row.deletionAt) }),
    ...(row.usage === 'ENCRYPT_DECRYPT' && { EncryptionAlgorithms: [...(spec?.encryption ?? [])] }),
    ...(row.usage === 'SIGN_VERIFY' && { SigningAlgorithms: [...(spec?.signing ?? [])] }),
    ...(row.usage === 'KEY_AGREEMENT' && { KeyAgreementAlgorithms: ['ECDH'] }),
    ...(spec?.mac && { MacAlgorithms: [spec.mac] }),
    ...(row.spec === 'SYMMETRIC_DEFAULT' && { CurrentKeyMaterialId: row.materials.at(-1)!.id }),
  };
}

export const aliasView = (row: KmsAliasRow): AliasListEntry => ({
  AliasName: row.name,
  AliasArn: row.arn,
  TargetKeyId: lastSegment(row.keyArn),
  CreationDate: new Date(row.createdAt),
  LastUpdatedDate: new Date(row.updatedAt),
});

export const grantView = (row: KmsGrantRow): GrantListEntry => ({
  KeyId: row.keyArn,
  GrantId: row.id,
  Name: row.name ?? '',
  CreationDate: new Date(row.createdAt),
  GranteePrincipal: row.granteePrincipal,
  ...(row.retiringPrincipal !== undefined && { RetiringPrincipal: row.retiringPrincipal }),
  IssuingAccount: `arn:aws:iam::${row.issuingAccount}:root`,
  Operations: [...row.operations],
  ...(row.constraints && { Constraints: row.constraints }),
});

export const tagsView = (tags: Readonly<Record<string, string>>) =>
  Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue }));

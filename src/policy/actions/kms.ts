/**
 * AWS KMS: actions, resources and condition keys. ReEncrypt is two actions: ReEncryptFrom and ReEncryptTo.
 *
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
 */
import type { ActionTable } from './table.ts';

const requestTags = ['aws:RequestTag/{TagKey}', 'aws:TagKeys'];
const caller = ['kms:CallerAccount', 'kms:ViaService'];
const context = ['kms:EncryptionContext:{EncryptionContextKey}', 'kms:EncryptionContextKeys'];

export const kms: ActionTable = {
  prefix: 'kms',
  resources: {
    alias: { arn: 'arn:{Partition}:kms:{Region}:{Account}:alias/{Alias}' },
    key: {
      arn: 'arn:{Partition}:kms:{Region}:{Account}:key/{KeyId}',
      keys: [
        'aws:ResourceTag/{TagKey}',
        'kms:KeyOrigin',
        'kms:KeySpec',
        'kms:KeyUsage',
        'kms:MultiRegion',
        'kms:MultiRegionKeyType',
        'kms:ResourceAliases',
      ],
    },
  },
  actions: {
    CancelKeyDeletion: { access: 'Write', on: ['key*'], keys: caller },
    ConnectCustomKeyStore: { access: 'Write', keys: ['kms:CallerAccount'] },
    CreateAlias: { access: 'Write', on: ['alias*', 'key*'], keys: caller },
    CreateCustomKeyStore: { access: 'Write', keys: ['kms:CallerAccount'] },
    CreateGrant: {
      access: 'Permissions management',
      on: ['key*'],
      keys: [
        ...caller,
        ...context,
        'kms:GrantConstraintType',
        'kms:GrantIsForAWSResource',
        'kms:GrantOperations',
        'kms:GranteePrincipal',
        'kms:RetiringPrincipal',
      ],
    },
    CreateKey: {
      access: 'Write',
      keys: [
        ...requestTags,
        'kms:BypassPolicyLockoutSafetyCheck',
        'kms:CallerAccount',
        'kms:KeySpec',
        'kms:KeyUsage',
        'kms:KeyOrigin',
        'kms:MultiRegion',
        'kms:MultiRegionKeyType',
        'kms:ViaService',
      ],
      dependent: ['iam:CreateServiceLinkedRole', 'kms:PutKeyPolicy', 'kms:TagResource'],
    },
    Decapsulate: { access: 'Write', on: ['key*'], keys: [...caller, 'kms:RequestAlias'] },
    Decrypt: {
      access: 'Write',
      on: ['key*'],
      keys: [...caller, ...context, 'kms:EncryptionAlgorithm', 'kms:RequestAlias'],
    },
    DeleteAlias: { access: 'Write', on: ['alias*', 'key*'], keys: caller },
    DeleteCustomKeyStore: { access: 'Write', keys: ['kms:CallerAccount'] },
    DeleteImportedKeyMaterial: { access: 'Write', on: ['key*'], keys: caller },
    DeriveSharedSecret: {
      access: 'Write',
      on: ['key*'],
      keys: [...caller, 'kms:KeyAgreementAlgorithm', 'kms:RequestAlias'],
    },
    DescribeCustomKeyStores: { access: 'Read', keys: ['kms:CallerAccount'] },
    DescribeKey: { access: 'Read', on: ['key*'], keys: [...caller, 'kms:RequestAlias'] },
    DisableKey: { access: 'Write', on: ['key*'], keys: caller },
    DisableKeyRotation: { access: 'Write', on: ['key*'], keys: caller },
    DisconnectCustomKeyStore: { access: 'Write', keys: ['kms:CallerAccount'] },
    EnableKey: { access: 'Write', on: ['key*'], keys: caller },
    EnableKeyRotation: { access: 'Write', on: ['key*'], keys: [...caller, 'kms:RotationPeriodInDays'] },
    Encapsulate: { access: 'Write', on: ['key*'], keys: [...caller, 'kms:RequestAlias'] },
    Encrypt: {
      access: 'Write',
      on: ['key*'],
      keys: [...caller, ...context, 'kms:EncryptionAlgorithm', 'kms:RequestAlias'],
    },
    GenerateDataKey: {
      access: 'Write',
      on: ['key*'],
      keys: [...caller, ...context, 'kms:EncryptionAlgorithm', 'kms:RequestAlias'],
    },
    GenerateDataKeyPair: {
      access: 'Write',
      on: ['key*'],
      keys: [...caller, ...context, 'kms:DataKeyPairSpec', 'kms:EncryptionAlgorithm', 'kms:RequestAlias'],
    },
    GenerateDataKeyPairWithoutPlaintext: {
      access: 'Write',
      on: ['key*'],
      keys: [...caller, ...context, 'kms:DataKeyPairSpec', 'kms:EncryptionAlgorithm', 'kms:RequestAlias'],
    },
    GenerateDataKeyWithoutPlaintext: {
      access: 'Write',
      on: ['key*'],
      keys: [...caller, ...context, 'kms:EncryptionAlgorithm', 'kms:RequestAlias'],
    },
    GenerateMac: { access: 'Write', on: ['key*'], keys: [...caller, 'kms:MacAlgorithm', 'kms:RequestAlias'] },
    GenerateRandom: { access: 'Write' },
    GetKeyLastUsage: { access: 'Read', on: ['key*'], keys: caller },
    GetKeyPolicy: { access: 'Read', on: ['key*'], keys: caller },
    GetKeyRotationStatus: { access: 'Read', on: ['key*'], keys: caller },
    GetParametersForImport: {
      access: 'Read',
      on: ['key*'],
      keys: [...caller, 'kms:WrappingAlgorithm', 'kms:WrappingKeySpec'],
    },
    GetPublicKey: { access: 'Read', on: ['key*'], keys: [...caller, 'kms:RequestAlias'] },
    ImportKeyMaterial: { access: 'Write', on: ['key*'], keys: [...caller, 'kms:ExpirationModel', 'kms:ValidTo'] },
    ListAliases: { access: 'List' },
    ListGrants: { access: 'List', on: ['key*'], keys: [...caller, 'kms:GrantIsForAWSResource'] },
    ListKeyPolicies: { access: 'List', on: ['key*'], keys: caller },
    ListKeyRotations: { access: 'List', on: ['key*'], keys: caller },
    ListKeys: { access: 'List' },
    ListResourceTags: { access: 'List', on: ['key*'], keys: caller },
    ListRetirableGrants: { access: 'List' },
    PutKeyPolicy: {
      access: 'Permissions management',
      on: ['key*'],
      keys: [...caller, 'kms:BypassPolicyLockoutSafetyCheck'],
    },
    ReEncryptFrom: {
      access: 'Write',
      on: ['key*'],
      keys: [...caller, ...context, 'kms:EncryptionAlgorithm', 'kms:ReEncryptOnSameKey', 'kms:RequestAlias'],
    },
    ReEncryptTo: {
      access: 'Write',
      on: ['key*'],
      keys: [...caller, ...context, 'kms:EncryptionAlgorithm', 'kms:ReEncryptOnSameKey', 'kms:RequestAlias'],
    },
    ReplicateKey: {
      access: 'Write',
      on: ['key*'],
      keys: [...caller, 'kms:ReplicaRegion'],
      dependent: ['iam:CreateServiceLinkedRole', 'kms:CreateKey', 'kms:PutKeyPolicy', 'kms:TagResource'],
    },
    RetireGrant: {
      access: 'Permissions management',
      on: ['key*'],
      keys: [...caller, ...context, 'kms:GrantConstraintType'],
    },
    RevokeGrant: { access: 'Permissions management', on: ['key*'], keys: [...caller, 'kms:GrantIsForAWSResource'] },
    RotateKeyOnDemand: { access: 'Write', on: ['key*'], keys: caller },
    ScheduleKeyDeletion: {
      access: 'Write',
      on: ['key*'],
      keys: [...caller, 'kms:ScheduleKeyDeletionPendingWindowInDays'],
    },
    Sign: {
      access: 'Write',
      on: ['key*'],
      keys: [...caller, 'kms:MessageType', 'kms:RequestAlias', 'kms:SigningAlgorithm'],
    },
    SynchronizeMultiRegionKey: { access: 'Write', on: ['key*'] },
    TagResource: { access: 'Tagging', on: ['key*'], keys: [...caller, ...requestTags] },
    UntagResource: { access: 'Tagging', on: ['key*'], keys: [...caller, 'aws:TagKeys'] },
    UpdateAlias: { access: 'Write', on: ['alias*', 'key*'], keys: caller },
    UpdateCustomKeyStore: { access: 'Write', keys: ['kms:CallerAccount'] },
    UpdateKeyDescription: { access: 'Write', on: ['key*'], keys: caller },
    UpdatePrimaryRegion: { access: 'Write', on: ['key*'], keys: [...caller, 'kms:PrimaryRegion'] },
    Verify: {
      access: 'Write',
      on: ['key*'],
      keys: [...caller, 'kms:MessageType', 'kms:RequestAlias', 'kms:SigningAlgorithm'],
    },
    VerifyMac: { access: 'Write', on: ['key*'], keys: [...caller, 'kms:MacAlgorithm', 'kms:RequestAlias'] },
  },
  unlisted: [],
};

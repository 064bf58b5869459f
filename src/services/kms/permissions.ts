/**
 * What each KMS operation needs. Nearly all act on one key, whose policy must allow; what has no row yet or any more is
 * asked for by its ARN.
 */
import type {
  CreateAliasCommandInput,
  CreateGrantCommandInput,
  CreateKeyCommandInput,
  DecryptCommandInput,
  ReEncryptCommandInput,
  RetireGrantCommandInput,
  ScheduleKeyDeletionCommandInput,
  TagResourceCommandInput,
  UntagResourceCommandInput,
} from '@aws-sdk/client-kms';
import { type KeyUse, keyPermission } from '#keys/kms-access.ts';
import { aliasArn, findKey, readBlob, toArn } from '#keys/kms-key.ts';
import type { ContextValue } from '#policy/context.ts';
import type { Permission, Permissions } from '#protocol/authorize.ts';
import { kmsAliases, kmsKeys } from '#store/tables/secrets.ts';
import type { KmsContext } from './context.ts';
import { namedGrant } from './grants.ts';

type Keys = Readonly<Record<string, ContextValue | undefined>>;

/** Members that many operations have. */
interface AnyInput {
  readonly KeyId?: string | undefined;
  readonly EncryptionContext?: Readonly<Record<string, string>> | undefined;
  readonly EncryptionAlgorithm?: string | undefined;
  readonly SigningAlgorithm?: string | undefined;
  readonly MacAlgorithm?: string | undefined;
  readonly MessageType?: string | undefined;
  readonly KeyAgreementAlgorithm?: string | undefined;
  readonly KeyPairSpec?: string | undefined;
  readonly RotationPeriodInDays?: number | undefined;
  readonly BypassPolicyLockoutSafetyCheck?: boolean | undefined;
}

const aliasOf = (named: string | undefined) => {
  const at = named?.indexOf('alias/') ?? -1;
  return at < 0 ? undefined : named!.slice(at);
};

function keysOf(input: AnyInput): Keys {
  const text = (value: unknown) => (value === undefined || value === null ? undefined : String(value));
  return {
    'kms:RequestAlias': aliasOf(input.KeyId),
    'kms:EncryptionAlgorithm': text(input.EncryptionAlgorithm),
    'kms:SigningAlgorithm': text(input.SigningAlgorithm),
    'kms:MacAlgorithm': text(input.MacAlgorithm),
    'kms:MessageType': text(input.MessageType),
    'kms:KeyAgreementAlgorithm': text(input.KeyAgreementAlgorithm),
    'kms:DataKeyPairSpec': text(input.KeyPairSpec),
    'kms:RotationPeriodInDays': text(input.RotationPeriodInDays),
    'kms:BypassPolicyLockoutSafetyCheck': text(input.BypassPolicyLockoutSafetyCheck),
  };
}

function on(
  ctx: KmsContext,
  action: string,
  named: string | undefined,
  use: Omit<KeyUse, 'principal'> = {},
): Permission {
  const key = findKey(ctx.store, ctx, named ?? '');
  if (!key) return { action, resource: toArn(ctx, named ?? ''), keys: use.keys ?? {}, requestTags: use.requestTags };
  return keyPermission(ctx.store, key, action, { principal: ctx.principal, ...use });
}

/** Of an operation that names its key in KeyId. */
const onKey: Permissions<AnyInput, KmsContext> = (ctx, input) =>
  on(ctx, `kms:${ctx.operation}`, input.KeyId, {
    encryptionContext: input.EncryptionContext,
    keys: keysOf(input),
  });

/** A symmetric ciphertext names its key itself. */
function keyOfCiphertext(named: string | undefined, blob: Uint8Array | undefined): string | undefined {
  return named ?? readBlob(Buffer.from(blob ?? []))?.keyArn;
}

const tagsOf = (tags: TagResourceCommandInput['Tags']) =>
  Object.fromEntries((tags ?? []).map(({ TagKey, TagValue }) => [TagKey ?? '', TagValue ?? '']));

const onAlias = (ctx: KmsContext, name: string | undefined): Permission => ({
  action: `kms:${ctx.operation}`,
  resource: aliasArn(ctx, name ?? ''),
  keys: { 'kms:CallerAccount': ctx.account },
});

const targetOfAlias = (ctx: KmsContext, name: string | undefined): Permission[] => {
  const alias = ctx.store.get(kmsAliases, aliasArn(ctx, name ?? ''));
  return alias ? [on(ctx, `kms:${ctx.operation}`, alias.keyArn)] : [];
};

const special = {
  CreateKey: (ctx: KmsContext, input: CreateKeyCommandInput) => {
    const requestTags = tagsOf(input.Tags);
    const common = { resource: '*', requestTags };
    const keys = {
      'kms:CallerAccount': ctx.account,
      'kms:KeySpec': input.KeySpec ?? input.CustomerMasterKeySpec ?? 'SYMMETRIC_DEFAULT',
      'kms:KeyUsage': input.KeyUsage ?? 'ENCRYPT_DECRYPT',
      'kms:KeyOrigin': input.Origin ?? 'AWS_KMS',
      'kms:MultiRegion': String(input.MultiRegion ?? false),
      'kms:BypassPolicyLockoutSafetyCheck': String(input.BypassPolicyLockoutSafetyCheck ?? false),
    };
    const create = { action: 'kms:CreateKey', ...common, keys };
    return input.Tags?.length ? [create, { action: 'kms:TagResource', ...common, keys }] : create;
  },
  Decrypt: (ctx: KmsContext, input: DecryptCommandInput) =>
    on(ctx, 'kms:Decrypt', keyOfCiphertext(input.KeyId, input.CiphertextBlob), {
      encryptionContext: input.EncryptionContext,
      keys: keysOf({ ...input, EncryptionAlgorithm: input.EncryptionAlgorithm ?? 'SYMMETRIC_DEFAULT' }),
    }),
  ReEncrypt: (ctx: KmsContext, input: ReEncryptCommandInput) => {
    const source = keyOfCiphertext(input.SourceKeyId, input.CiphertextBlob);
    const arnOf = (named: string | undefined) => findKey(ctx.store, ctx, named ?? '')?.arn;
    const same = String(arnOf(source) === arnOf(input.DestinationKeyId));
    return [
      on(ctx, 'kms:ReEncryptFrom', source, {
        encryptionContext: input.SourceEncryptionContext,
        keys: { 'kms:ReEncryptOnSameKey': same, 'kms:RequestAlias': aliasOf(input.SourceKeyId) },
      }),
      on(ctx, 'kms:ReEncryptTo', input.DestinationKeyId, {
        encryptionContext: input.DestinationEncryptionContext,
        keys: { 'kms:ReEncryptOnSameKey': same, 'kms:RequestAlias': aliasOf(input.DestinationKeyId) },
      }),
    ];
  },
  ScheduleKeyDeletion: (ctx: KmsContext, input: ScheduleKeyDeletionCommandInput) =>
    on(ctx, 'kms:ScheduleKeyDeletion', input.KeyId, {
      keys: { 'kms:ScheduleKeyDeletionPendingWindowInDays': String(input.PendingWindowInDays ?? 30) },
    }),
  CreateGrant: (ctx: KmsContext, input: CreateGrantCommandInput) => {
    const limits = input.Constraints;
    const constraint = limits?.EncryptionContextEquals ? 'EncryptionContextEquals' : 'EncryptionContextSubset';
    return on(ctx, 'kms:CreateGrant', input.KeyId, {
      keys: {
        'kms:GrantOperations': input.Operations ?? [],
        'kms:GranteePrincipal': input.GranteePrincipal,
        'kms:RetiringPrincipal': input.RetiringPrincipal,
        'kms:GrantConstraintType': limits ? constraint : undefined,
        'kms:GrantIsForAWSResource': 'false',
      },
    });
  },
  RetireGrant: (ctx: KmsContext, input: RetireGrantCommandInput) => {
    const grant = namedGrant(ctx, input);
    const key = grant && ctx.store.get(kmsKeys, grant.keyArn);
    return on(ctx, 'kms:RetireGrant', key?.arn ?? input.KeyId ?? '*');
  },
  CreateAlias: (ctx: KmsContext, input: CreateAliasCommandInput) => [
    onAlias(ctx, input.AliasName),
    on(ctx, 'kms:CreateAlias', input.TargetKeyId),
  ],
  UpdateAlias: (ctx: KmsContext, input: CreateAliasCommandInput) => [
    onAlias(ctx, input.AliasName),
    ...targetOfAlias(ctx, input.AliasName),
    on(ctx, 'kms:UpdateAlias', input.TargetKeyId),
  ],
  DeleteAlias: (ctx: KmsContext, input: CreateAliasCommandInput) => [
    onAlias(ctx, input.AliasName),
    ...targetOfAlias(ctx, input.AliasName),
  ],
  TagResource: (ctx: KmsContext, input: TagResourceCommandInput) =>
    on(ctx, 'kms:TagResource', input.KeyId, { requestTags: tagsOf(input.Tags) }),
  UntagResource: (ctx: KmsContext, input: UntagResourceCommandInput) =>
    on(ctx, 'kms:UntagResource', input.KeyId, { keys: { 'aws:TagKeys': input.TagKeys ?? [] } }),
} satisfies Readonly<Record<string, Permissions>>;

/** The rest acts on the key in KeyId; what is not here acts on `*`. */
const ofOneKey = [
  'CancelKeyDeletion',
  'DeriveSharedSecret',
  'DescribeKey',
  'DisableKey',
  'DisableKeyRotation',
  'EnableKey',
  'EnableKeyRotation',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateMac',
  'GetKeyPolicy',
  'GetKeyRotationStatus',
  'GetPublicKey',
  'ListGrants',
  'ListKeyPolicies',
  'ListKeyRotations',
  'ListResourceTags',
  'PutKeyPolicy',
  'RevokeGrant',
  'RotateKeyOnDemand',
  'Sign',
  'UpdateKeyDescription',
  'Verify',
  'VerifyMac',
];

export const permissions: Readonly<Record<string, Permissions>> = {
  ...Object.fromEntries(ofOneKey.map((operation) => [operation, onKey])),
  ...special,
};

/**
 * What each operation of Secrets Manager needs. A secret that does not exist yet is asked for with six question marks as
 * its suffix, which every pattern that people write for one matches. Use of its key is asked for in `values.ts`.
 */
import type {
  CreateSecretCommandInput,
  DeleteSecretCommandInput,
  GetSecretValueCommandInput,
  PutResourcePolicyCommandInput,
  ReplicateSecretToRegionsCommandInput,
  RotateSecretCommandInput,
  TagResourceCommandInput,
  UntagResourceCommandInput,
  UpdateSecretCommandInput,
  UpdateSecretVersionStageCommandInput,
} from '@aws-sdk/client-secrets-manager';
import type { ContextValue } from '#policy/context.ts';
import type { Permission, Permissions } from '#protocol/authorize.ts';
import type { SecretsContext } from './context.ts';
import { findSecret, secretArn } from './secrets.ts';
import { tagsOf } from './tags.ts';

type Keys = Readonly<Record<string, ContextValue | undefined>>;
interface More {
  readonly keys?: Keys;
  readonly requestTags?: Readonly<Record<string, string>>;
}

/** The permission of one operation on the secret that `id` names. */
export function secretPermission(
  ctx: SecretsContext,
  operation: string,
  id: string | undefined,
  { keys = {}, requestTags }: More = {},
): Permission {
  const action = `secretsmanager:${operation}`;
  const named = id ?? '';
  const row = findSecret(ctx.store, ctx, named);
  if (!row) {
    const resource = named.startsWith('arn:') ? named : secretArn(ctx, named, '??????');
    return { action, resource, keys, requestTags };
  }
  return {
    action,
    resource: row.arn,
    resourceTags: row.tags,
    requestTags,
    ...(row.policy !== undefined && {
      resourcePolicy: { name: `resource policy of ${row.arn}`, document: row.policy },
    }),
    keys: {
      'secretsmanager:SecretId': row.arn,
      ...(row.primaryRegion !== undefined && { 'secretsmanager:SecretPrimaryRegion': row.primaryRegion }),
      ...(row.rotation && { 'secretsmanager:resource/AllowRotationLambdaArn': row.rotation.lambdaArn }),
      ...keys,
    },
  };
}

const text = (value: unknown) => (value === undefined || value === null ? undefined : String(value));

function on<I extends { readonly SecretId?: string | undefined }>(
  more: (input: I) => More = () => ({}),
): Permissions<I, SecretsContext> {
  return (ctx, input) => secretPermission(ctx, ctx.operation, input.SecretId, more(input));
}

const regionsOf = (input: ReplicateSecretToRegionsCommandInput | CreateSecretCommandInput) => ({
  'secretsmanager:AddReplicaRegions': (input.AddReplicaRegions ?? []).map(({ Region }) => Region ?? ''),
  'secretsmanager:ForceOverwriteReplicaSecret': text(input.ForceOverwriteReplicaSecret),
});

export const permissions: Readonly<Record<string, Permissions>> = {
  CreateSecret: (ctx: SecretsContext, input: CreateSecretCommandInput) => {
    const requestTags = tagsOf(input.Tags);
    const keys = {
      'secretsmanager:Name': text(input.Name),
      'secretsmanager:Description': text(input.Description),
      'secretsmanager:KmsKeyId': text(input.KmsKeyId),
      ...regionsOf(input),
    };
    const ask = (operation: string) => secretPermission(ctx, operation, input.Name, { keys, requestTags });
    return [
      ask('CreateSecret'),
      ...(input.Tags?.length ? [ask('TagResource')] : []),
      ...(input.AddReplicaRegions?.length ? [ask('ReplicateSecretToRegions')] : []),
    ];
  },
  GetSecretValue: on<GetSecretValueCommandInput>((input) => ({
    keys: {
      'secretsmanager:VersionId': text(input.VersionId),
      'secretsmanager:VersionStage':
        input.VersionId === undefined ? (input.VersionStage ?? 'AWSCURRENT') : text(input.VersionStage),
    },
  })),
  UpdateSecret: on<UpdateSecretCommandInput>((input) => ({
    keys: {
      'secretsmanager:Description': text(input.Description),
      'secretsmanager:KmsKeyId': text(input.KmsKeyId),
    },
  })),
  UpdateSecretVersionStage: on<UpdateSecretVersionStageCommandInput>((input) => ({
    keys: { 'secretsmanager:VersionStage': text(input.VersionStage) },
  })),
  DeleteSecret: on<DeleteSecretCommandInput>((input) => ({
    keys: {
      'secretsmanager:RecoveryWindowInDays': text(input.RecoveryWindowInDays),
      'secretsmanager:ForceDeleteWithoutRecovery': text(input.ForceDeleteWithoutRecovery),
    },
  })),
  RotateSecret: on<RotateSecretCommandInput>((input) => ({
    keys: {
      'secretsmanager:RotationLambdaARN': text(input.RotationLambdaARN),
      'secretsmanager:ModifyRotationRules': text(input.RotationRules !== undefined),
      'secretsmanager:RotateImmediately': text(input.RotateImmediately),
    },
  })),
  PutResourcePolicy: on<PutResourcePolicyCommandInput>((input) => ({
    keys: { 'secretsmanager:BlockPublicPolicy': text(input.BlockPublicPolicy) },
  })),
  ReplicateSecretToRegions: on<ReplicateSecretToRegionsCommandInput>((input) => ({ keys: regionsOf(input) })),
  TagResource: on<TagResourceCommandInput>((input) => ({ requestTags: tagsOf(input.Tags) })),
  UntagResource: on<UntagResourceCommandInput>((input) => ({ keys: { 'aws:TagKeys': input.TagKeys ?? [] } })),
  ...Object.fromEntries(
    [
      'CancelRotateSecret',
      'DeleteResourcePolicy',
      'DescribeSecret',
      'GetResourcePolicy',
      'ListSecretVersionIds',
      'PutSecretValue',
      'RemoveRegionsFromReplication',
      'RestoreSecret',
      'StopReplicationToReplica',
    ].map((operation) => [operation, on()]),
  ),
  ValidateResourcePolicy: (ctx: SecretsContext, input: PutResourcePolicyCommandInput) =>
    input.SecretId === undefined
      ? { action: 'secretsmanager:ValidateResourcePolicy', resource: '*' }
      : secretPermission(ctx, 'ValidateResourcePolicy', input.SecretId),
};

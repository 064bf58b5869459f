/**
 * AWS Secrets Manager: actions, resources and condition keys.
 *
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
 */
import type { ActionTable } from './table.ts';

const requestTags = ['aws:RequestTag/{TagKey}', 'aws:TagKeys'];
const common = [
  'secretsmanager:SecretId',
  'secretsmanager:SecretPrimaryRegion',
  'secretsmanager:resource/AllowRotationLambdaArn',
];

export const secretsmanager: ActionTable = {
  prefix: 'secretsmanager',
  resources: {
    Secret: {
      arn: 'arn:{Partition}:secretsmanager:{Region}:{Account}:secret:{SecretId}',
      keys: ['aws:ResourceTag/{TagKey}', 'secretsmanager:ResourceTag/{TagKey}'],
    },
  },
  actions: {
    BatchGetSecretValue: { access: 'List' },
    CancelRotateSecret: { access: 'Write', on: ['Secret*'], keys: common },
    CreateSecret: {
      access: 'Write',
      on: ['Secret*'],
      keys: [
        ...requestTags,
        'secretsmanager:AddReplicaRegions',
        'secretsmanager:Description',
        'secretsmanager:ForceOverwriteReplicaSecret',
        'secretsmanager:KmsKeyId',
        'secretsmanager:Name',
      ],
      dependent: ['secretsmanager:TagResource'],
    },
    DeleteResourcePolicy: { access: 'Permissions management', on: ['Secret*'], keys: common },
    DeleteSecret: {
      access: 'Write',
      on: ['Secret*'],
      keys: [...common, 'secretsmanager:ForceDeleteWithoutRecovery', 'secretsmanager:RecoveryWindowInDays'],
    },
    DescribeSecret: { access: 'Read', on: ['Secret*'], keys: common },
    GetRandomPassword: { access: 'Read' },
    GetResourcePolicy: { access: 'Read', on: ['Secret*'], keys: common },
    GetSecretValue: {
      access: 'Read',
      on: ['Secret*'],
      keys: [...common, 'secretsmanager:VersionId', 'secretsmanager:VersionStage'],
    },
    ListSecretVersionIds: { access: 'Read', on: ['Secret*'], keys: common },
    ListSecrets: { access: 'List' },
    PutResourcePolicy: {
      access: 'Permissions management',
      on: ['Secret*'],
      keys: [...common, 'secretsmanager:BlockPublicPolicy'],
    },
    PutSecretValue: { access: 'Write', on: ['Secret*'], keys: common },
    RemoveRegionsFromReplication: { access: 'Write', on: ['Secret*'], keys: common },
    ReplicateSecretToRegions: {
      access: 'Write',
      on: ['Secret*'],
      keys: [...common, 'secretsmanager:AddReplicaRegions', 'secretsmanager:ForceOverwriteReplicaSecret'],
    },
    RestoreSecret: { access: 'Write', on: ['Secret*'], keys: common },
    RotateSecret: {
      access: 'Write',
      on: ['Secret*'],
      keys: [
        ...common,
        'secretsmanager:ModifyRotationRules',
        'secretsmanager:RotateImmediately',
        'secretsmanager:RotationLambdaARN',
      ],
    },
    StopReplicationToReplica: { access: 'Write', on: ['Secret*'], keys: common },
    TagResource: { access: 'Tagging', on: ['Secret*'], keys: [...common, ...requestTags] },
    UntagResource: { access: 'Tagging', on: ['Secret*'], keys: [...common, 'aws:TagKeys'] },
    UpdateSecret: {
      access: 'Write',
      on: ['Secret*'],
      keys: [...common, 'secretsmanager:Description', 'secretsmanager:KmsKeyId'],
    },
    UpdateSecretVersionStage: { access: 'Write', on: ['Secret*'], keys: [...common, 'secretsmanager:VersionStage'] },
    ValidateResourcePolicy: { access: 'Permissions management', on: ['Secret*'], keys: common },
  },
  unlisted: [],
};

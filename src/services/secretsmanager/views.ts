/** Rows as Secrets Manager answers them. */
import type { ReplicationStatusType, SecretListEntry } from '@aws-sdk/client-secrets-manager';
import type { SecretRow, SecretVersionRow } from '#model/secretsmanager.ts';

export const replicationView = (row: SecretRow): ReplicationStatusType[] =>
  row.replicas.map((replica) => ({
    Region: replica.region,
    ...(replica.kmsKeyId !== undefined && { KmsKeyId: replica.kmsKeyId }),
    Status: replica.status,
    StatusMessage: replica.statusMessage,
  }));

const stagesOf = (versions: readonly SecretVersionRow[]): Record<string, string[]> =>
  Object.fromEntries(
    versions.filter(({ stages }) => stages.length > 0).map(({ versionId, stages }) => [versionId, [...stages]]),
  );

const common = (row: SecretRow): SecretListEntry => ({
  ARN: row.arn,
  Name: row.name,
  ...(row.description !== undefined && { Description: row.description }),
  ...(row.kmsKeyId !== undefined && { KmsKeyId: row.kmsKeyId }),
  ...(row.rotation && {
    RotationEnabled: row.rotation.enabled,
    RotationLambdaARN: row.rotation.lambdaArn,
    ...(row.rotation.rules && { RotationRules: row.rotation.rules }),
  }),
  LastChangedDate: new Date(row.changedAt),
  ...(row.accessedDay !== undefined && { LastAccessedDate: new Date(row.accessedDay) }),
  ...(row.deletionAt !== undefined && { DeletedDate: new Date(row.deletionAt) }),
  Tags: Object.entries(row.tags).map(([Key, Value]) => ({ Key, Value })),
  CreatedDate: new Date(row.createdAt),
  ...((row.primaryRegion ?? (row.replicas.length > 0 ? row.region : undefined)) !== undefined && {
    PrimaryRegion: row.primaryRegion ?? row.region,
  }),
});

export const listView = (row: SecretRow, versions: readonly SecretVersionRow[]): SecretListEntry => ({
  ...common(row),
  SecretVersionsToStages: stagesOf(versions),
});

export const describeView = (row: SecretRow, versions: readonly SecretVersionRow[]) => ({
  ...common(row),
  ...(versions.length > 0 && { VersionIdsToStages: stagesOf(versions) }),
  ...(row.replicas.length > 0 && { ReplicationStatus: replicationView(row) }),
});

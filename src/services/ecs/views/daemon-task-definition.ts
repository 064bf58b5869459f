import type { DaemonContainerDefinition, DaemonTaskDefinition, DaemonTaskDefinitionSummary } from '@aws-sdk/client-ecs';
import type { TaskDefinitionRow } from '#model/rows.ts';
import { compact } from '../validate/check.ts';

const date = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms));

export const daemonDefinitionStatus = (row: TaskDefinitionRow) =>
  row.deletedAt !== undefined ? 'DELETED' : row.status === 'ACTIVE' ? 'ACTIVE' : 'DELETE_IN_PROGRESS';

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DaemonTaskDefinition.html */
export function viewDaemonTaskDefinition(row: TaskDefinitionRow): DaemonTaskDefinition {
  return compact({
    daemonTaskDefinitionArn: row.arn,
    family: row.family,
    revision: row.revision,
    taskRoleArn: row.taskRoleArn,
    executionRoleArn: row.executionRoleArn,
    containerDefinitions: row.containerDefinitions.map(
      ({ portMappings: _, volumesFrom: __, ...container }) => container as DaemonContainerDefinition,
    ),
    volumes: row.volumes.map(({ name, host }) => compact({ name, host })),
    cpu: row.cpu,
    memory: row.memory,
    status: daemonDefinitionStatus(row),
    registeredAt: date(row.registeredAt),
    deleteRequestedAt: date(row.deleteRequestedAt),
    registeredBy: row.registeredBy,
    pidMode: row.daemon?.pidMode,
    ipcMode: row.daemon?.ipcMode,
  });
}

export function viewDaemonTaskDefinitionSummary(row: TaskDefinitionRow): DaemonTaskDefinitionSummary {
  return compact({
    arn: row.arn,
    registeredAt: date(row.registeredAt),
    registeredBy: row.registeredBy,
    deleteRequestedAt: date(row.deleteRequestedAt),
    status: daemonDefinitionStatus(row),
  });
}

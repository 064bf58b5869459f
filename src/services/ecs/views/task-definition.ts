import type { TaskDefinition } from '@aws-sdk/client-ecs';
import type { TaskDefinitionRow } from '#model/rows.ts';

const date = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms));

/** A task definition on the wire. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskDefinition.html */
export function viewTaskDefinition(row: TaskDefinitionRow): TaskDefinition {
  const all: TaskDefinition = {
    taskDefinitionArn: row.arn,
    containerDefinitions: [...row.containerDefinitions],
    family: row.family,
    taskRoleArn: row.taskRoleArn,
    executionRoleArn: row.executionRoleArn,
    networkMode: row.networkMode,
    revision: row.revision,
    volumes: [...row.volumes],
    status: row.status,
    requiresAttributes: [...row.requiresAttributes],
    placementConstraints: [...row.placementConstraints],
    compatibilities: [...row.compatibilities] as TaskDefinition['compatibilities'],
    runtimePlatform: row.runtimePlatform,
    requiresCompatibilities: row.requiresCompatibilities && ([...row.requiresCompatibilities] as never),
    cpu: row.cpu,
    memory: row.memory,
    pidMode: row.pidMode as TaskDefinition['pidMode'],
    ipcMode: row.ipcMode as TaskDefinition['ipcMode'],
    registeredAt: date(row.registeredAt),
    deregisteredAt: date(row.deregisteredAt),
    deleteRequestedAt: date(row.deleteRequestedAt),
    registeredBy: row.registeredBy,
    ephemeralStorage: row.ephemeralStorage,
    enableFaultInjection: row.enableFaultInjection,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as TaskDefinition;
}

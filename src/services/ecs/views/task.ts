import type { Container, Task, TaskField } from '@aws-sdk/client-ecs';
import type { TaskContainerRow, TaskRow } from '#model/rows.ts';
import { compact } from '../validate/check.ts';

const date = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms));

function viewContainer(task: TaskRow, row: TaskContainerRow): Container {
  return compact({
    containerArn: row.arn,
    taskArn: task.arn,
    name: row.name,
    image: row.image,
    imageDigest: row.imageDigest,
    runtimeId: row.runtimeId,
    lastStatus: row.lastStatus,
    exitCode: row.exitCode,
    reason: row.reason,
    networkBindings: [...row.networkBindings],
    networkInterfaces: [...row.networkInterfaces],
    healthStatus: row.healthStatus,
    cpu: row.cpu,
    memory: row.memory,
    memoryReservation: row.memoryReservation,
    gpuIds: row.gpuIds && [...row.gpuIds],
  });
}

/** A task on the wire; what it does not have is absent. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html */
export function viewTask(row: TaskRow, include: ReadonlySet<TaskField> = new Set()): Task {
  return compact({
    taskArn: row.arn,
    clusterArn: row.clusterArn,
    taskDefinitionArn: row.taskDefinitionArn,
    containerInstanceArn: row.containerInstanceArn,
    overrides: row.overrides,
    lastStatus: row.lastStatus,
    desiredStatus: row.desiredStatus,
    healthStatus: row.healthStatus,
    cpu: row.cpu,
    memory: row.memory,
    containers: row.containers.map((container) => viewContainer(row, container)),
    startedBy: row.startedBy,
    version: row.version,
    stoppedReason: row.stoppedReason,
    stopCode: row.stopCode,
    connectivity: row.connectivity,
    connectivityAt: date(row.connectivityAt),
    pullStartedAt: date(row.pullStartedAt),
    pullStoppedAt: date(row.pullStoppedAt),
    executionStoppedAt: date(row.executionStoppedAt),
    createdAt: date(row.createdAt),
    startedAt: date(row.startedAt),
    stoppingAt: date(row.stoppingAt),
    stoppedAt: date(row.stoppedAt),
    group: row.group,
    launchType: row.launchType,
    capacityProviderName: row.capacityProviderName,
    platformVersion: row.platformVersion,
    platformFamily: row.platformFamily,
    availabilityZone: row.availabilityZone,
    attachments: [...row.attachments],
    attributes: [...row.attributes],
    enableExecuteCommand: row.enableExecuteCommand,
    ephemeralStorage: row.ephemeralStorage,
    tags: include.has('TAGS') ? [...row.tags] : [],
  });
}

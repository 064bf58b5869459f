/** The row of a task at its birth. */
import type { Attribute, Tag, TaskOverride } from '@aws-sdk/client-ecs';
import type { Clock } from '#lib/clock.ts';
import { hexId, uuid } from '#lib/ids.ts';
import type { Random } from '#lib/random.ts';
import { containerArn, type ServiceArn, taskArn } from '#model/arn.ts';
import type {
  ClusterRow,
  ContainerInstanceRow,
  LaunchType,
  TaskContainerRow,
  TaskDefinitionRow,
  TaskReservation,
  TaskRow,
} from '#model/rows.ts';
import { containerSize, overrideFor } from './reservation.ts';
import { registeredOf } from './snapshot.ts';

export interface LaunchDeps {
  readonly clock: Clock;
  readonly random: Random;
}

/** What all tasks of one launch share. */
export interface TaskTemplate {
  readonly cluster: ClusterRow;
  readonly definition: TaskDefinitionRow;
  readonly launchType: LaunchType;
  /** Checked against the definition by whoever took it from a client. */
  readonly overrides?: TaskOverride | undefined;
  /** `family:NAME`, `service:NAME` or what the client gave. */
  readonly group: string;
  readonly startedBy?: string | undefined;
  readonly referenceId?: string | undefined;
  readonly serviceArn?: ServiceArn | undefined;
  readonly deploymentId?: string | undefined;
  readonly enableExecuteCommand: boolean;
  /** All of them, propagated and managed ones included. */
  readonly tags: readonly Tag[];
}

const text = (value: number | undefined) => (value === undefined ? undefined : String(value));

function newContainers(template: TaskTemplate, random: Random, taskId: string): TaskContainerRow[] {
  const { cluster, definition, overrides } = template;
  return definition.containerDefinitions.map((container) => {
    const size = containerSize(container, overrides);
    const name = container.name ?? '';
    return {
      arn: containerArn(cluster, cluster.name, taskId, uuid(random)),
      name,
      image: container.image ?? '',
      essential: container.essential ?? true,
      healthChecked: container.healthCheck !== undefined && container.healthCheck.command?.[0] !== 'NONE',
      lastStatus: 'PENDING',
      healthStatus: 'UNKNOWN',
      networkBindings: [],
      networkInterfaces: [],
      cpu: String(size.cpuUnits),
      ...(size.memoryMiB !== undefined && { memory: text(size.memoryMiB)! }),
      ...(size.memoryReservationMiB !== undefined && { memoryReservation: text(size.memoryReservationMiB)! }),
    };
  });
}

/** ECS names every container in the overrides that it answers, overridden or not. */
function completeOverrides(definition: TaskDefinitionRow, overrides: TaskOverride | undefined): TaskOverride {
  return {
    ...overrides,
    containerOverrides: definition.containerDefinitions.map(
      (container) => overrideFor(overrides, container.name ?? '') ?? { name: container.name },
    ),
    inferenceAcceleratorOverrides: overrides?.inferenceAcceleratorOverrides ?? [],
  };
}

function taskAttributes(instance: ContainerInstanceRow): Attribute[] {
  const value = registeredOf(instance).attributes.get('ecs.cpu-architecture');
  return value ? [{ name: 'ecs.cpu-architecture', value }] : [];
}

/** Born PENDING: in the network modes bridge, host and none there is nothing to provision first. */
export function newTask(
  deps: LaunchDeps,
  template: TaskTemplate,
  reservation: TaskReservation,
  instance: ContainerInstanceRow,
): TaskRow {
  const { cluster, definition } = template;
  const id = hexId(deps.random);
  return {
    account: cluster.account,
    region: cluster.region,
    arn: taskArn(cluster, cluster.name, id),
    clusterArn: cluster.arn,
    taskDefinitionArn: definition.arn,
    containerInstanceArn: instance.arn,
    ...(template.serviceArn !== undefined && { serviceArn: template.serviceArn }),
    ...(template.deploymentId !== undefined && { deploymentId: template.deploymentId }),
    group: template.group,
    ...(template.startedBy !== undefined && { startedBy: template.startedBy }),
    ...(template.referenceId !== undefined && { referenceId: template.referenceId }),
    launchType: template.launchType,
    desiredStatus: 'RUNNING',
    lastStatus: 'PENDING',
    healthStatus: 'UNKNOWN',
    availabilityZone: instance.availabilityZone,
    cpu: String(reservation.cpuUnits),
    memory: String(reservation.memoryMiB),
    containers: newContainers(template, deps.random, id),
    overrides: completeOverrides(definition, template.overrides),
    attachments: [],
    attributes: taskAttributes(instance),
    reservation,
    enableExecuteCommand: template.enableExecuteCommand,
    createdAt: deps.clock.now(),
    version: 1,
    tags: template.tags,
  };
}

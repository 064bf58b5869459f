/** The row of a task at its birth. */
import type { Attribute, Tag, TaskOverride } from '@aws-sdk/client-ecs';
import type { Clock } from '#lib/clock.ts';
import { hexId, uuid } from '#lib/ids.ts';
import type { Random } from '#lib/random.ts';
import { type ContainerArn, containerArn, type DaemonArn, type ServiceArn, taskArn } from '#model/arn.ts';
import type {
  ClusterRow,
  ContainerInstanceRow,
  LaunchType,
  TaskContainerRow,
  TaskDefinitionRow,
  TaskReservation,
  TaskRow,
} from '#model/rows.ts';
import { registeredOf } from './registered.ts';
import { containerSize, overrideFor } from './reservation.ts';

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
  readonly daemonArn?: DaemonArn | undefined;
  readonly capacityProviderName?: string | undefined;
  readonly deploymentId?: string | undefined;
  readonly enableExecuteCommand: boolean;
  /** All of them, propagated and managed ones included. */
  readonly tags: readonly Tag[];
}

const none: readonly never[] = [];
const text = (value: number | undefined) => (value === undefined ? undefined : String(value));

/** What the containers of all tasks of a launch have in common. */
type ContainerBase = Omit<TaskContainerRow, 'arn'>;

function containerBases(template: TaskTemplate): ContainerBase[] {
  const { definition, overrides } = template;
  return definition.containerDefinitions.map((container) => {
    const size = containerSize(container, overrides);
    return {
      name: container.name ?? '',
      image: container.image ?? '',
      essential: container.essential ?? true,
      healthChecked: container.healthCheck !== undefined && container.healthCheck.command?.[0] !== 'NONE',
      lastStatus: 'PENDING',
      healthStatus: 'UNKNOWN',
      networkBindings: none,
      networkInterfaces: none,
      cpu: String(size.cpuUnits),
      ...(size.memoryMiB !== undefined && { memory: text(size.memoryMiB)! }),
      ...(size.memoryReservationMiB !== undefined && { memoryReservation: text(size.memoryReservationMiB)! }),
    };
  });
}

/** Member by member, because a spread of `base` would make an object of twice the size. */
function newContainer(arn: ContainerArn, base: ContainerBase): TaskContainerRow {
  const container = {
    arn,
    name: base.name,
    image: base.image,
    essential: base.essential,
    healthChecked: base.healthChecked,
    lastStatus: base.lastStatus,
    healthStatus: base.healthStatus,
    networkBindings: base.networkBindings,
    networkInterfaces: base.networkInterfaces,
    cpu: base.cpu,
    memory: base.memory,
    memoryReservation: base.memoryReservation,
    runtimeId: undefined,
    exitCode: undefined,
    reason: undefined,
    imageDigest: undefined,
  };
  return container as TaskContainerRow;
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

const attributesByArchitecture = new Map<string, readonly Attribute[]>();

function taskAttributes(instance: ContainerInstanceRow): readonly Attribute[] {
  const value = registeredOf(instance).attributes.get('ecs.cpu-architecture');
  if (!value) return none;
  const known = attributesByArchitecture.get(value);
  if (known) return known;
  const made = [{ name: 'ecs.cpu-architecture', value }];
  attributesByArchitecture.set(value, made);
  return made;
}

/**
 * Makes the rows of a launch's tasks, each for the instance that takes it. Tasks are born PENDING: in the network modes
 * bridge, host and none there is nothing to provision first. A million of them live in memory: what is equal in all
 * of a launch is one object, and members that come with an agent's first reports are there from the beginning.
 */
export function birthOf(
  deps: LaunchDeps,
  template: TaskTemplate,
  reservation: TaskReservation,
): (instance: ContainerInstanceRow) => TaskRow {
  const { cluster, definition } = template;
  const bases = containerBases(template);
  const overrides = completeOverrides(definition, template.overrides);
  const cpu = String(reservation.cpuUnits);
  const memory = String(reservation.memoryMiB);
  return (instance) => {
    const id = hexId(deps.random);
    const row = {
      account: cluster.account,
      region: cluster.region,
      arn: taskArn(cluster, cluster.name, id),
      clusterArn: cluster.arn,
      taskDefinitionArn: definition.arn,
      containerInstanceArn: instance.arn,
      serviceArn: template.serviceArn,
      daemonArn: template.daemonArn,
      capacityProviderName: template.capacityProviderName,
      deploymentId: template.deploymentId,
      group: template.group,
      startedBy: template.startedBy,
      referenceId: template.referenceId,
      launchType: template.launchType,
      desiredStatus: 'RUNNING' as const,
      lastStatus: 'PENDING' as const,
      healthStatus: 'UNKNOWN' as const,
      availabilityZone: instance.availabilityZone,
      cpu,
      memory,
      containers: bases.map((base) => newContainer(containerArn(cluster, cluster.name, id, uuid(deps.random)), base)),
      overrides,
      attachments: none,
      attributes: taskAttributes(instance),
      reservation,
      enableExecuteCommand: template.enableExecuteCommand,
      createdAt: deps.clock.now(),
      version: 1,
      tags: template.tags,
      startedAt: undefined,
      connectivity: undefined,
      connectivityAt: undefined,
      pullStartedAt: undefined,
      pullStoppedAt: undefined,
      executionStoppedAt: undefined,
    };
    return row as TaskRow;
  };
}

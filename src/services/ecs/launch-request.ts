/**
 * What RunTask and StartTask share: their members checked, and the template of the tasks that they ask for.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
 */
import type {
  ContainerOverride,
  NetworkConfiguration,
  PropagateTags,
  Tag,
  TaskOverride,
  TaskVolumeConfiguration,
} from '@aws-sdk/client-ecs';
import { launchTags, whyNotLaunchable } from '#launch/launch-tasks.ts';
import type { TaskTemplate } from '#launch/new-task.ts';
import type { Scope } from '#model/arn.ts';
import type { ClusterRow, LaunchType, TaskDefinitionRow } from '#model/rows.ts';
import { InvalidPlacement } from '#placement/parse-request.ts';
import { ServiceError } from '#protocol/service.ts';
import type { View } from '#store/store.ts';
import { clientException, invalidParameter } from './errors.ts';
import { findTaskDefinition } from './resolve-task-definition.ts';
import { newTags } from './tags.ts';
import { parseTaskCpu, parseTaskMemory } from './validate/task-size.ts';

const maxOverrideBytes = 8192;
const startedByPattern = /^[a-zA-Z0-9_\-/]{1,128}$/;

/** What AWS has and Slipway does not do yet, in the form of a request that cannot be. */
export const notServedYet = (what: string) => invalidParameter(`${what} is not supported here yet.`);

/** Runs `parse`, answering what placement refuses as InvalidParameterException. */
export function checkPlacement<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof InvalidPlacement) throw invalidParameter(error.message);
    throw error;
  }
}

/** An ACTIVE task definition that can be launched so, or ECS's ClientException. */
export function requireLaunchable(
  view: View,
  scope: Scope,
  text: string | undefined,
  launchType: LaunchType,
): TaskDefinitionRow {
  if (!text) throw invalidParameter('TaskDefinition can not be blank.');
  const row = findTaskDefinition(view, scope, text);
  if (!row) throw clientException('TaskDefinition not found.');
  if (row.status !== 'ACTIVE') throw clientException('TaskDefinition is inactive');
  const refused = whyNotLaunchable(row, launchType);
  if (refused) throw new ServiceError(refused.code, refused.message);
  return row;
}

function checkContainerOverride(definition: TaskDefinitionRow, override: ContainerOverride): void {
  const { name } = override;
  if (!name) throw invalidParameter('Container override name can not be blank.');
  if (!definition.containerDefinitions.some((container) => container.name === name)) {
    throw invalidParameter(`Override for container named ${name} is not a container in the TaskDefinition.`);
  }
  for (const [member, least] of [
    ['cpu', 0],
    ['memory', 6],
    ['memoryReservation', 6],
  ] as const) {
    const value = override[member];
    if (value !== undefined && (!Number.isInteger(value) || value < least)) {
      throw invalidParameter(`Invalid '${member}' in the override for container '${name}'.`);
    }
  }
  for (const variable of override.environment ?? []) {
    if (!variable.name) throw invalidParameter(`An environment variable in the override for '${name}' has no name.`);
  }
  if (override.environmentFiles?.length) throw notServedYet('environmentFiles in container overrides');
  if (override.resourceRequirements?.length) throw notServedYet('resourceRequirements in container overrides');
}

function checkOverrides(definition: TaskDefinitionRow, given: TaskOverride | undefined): TaskOverride | undefined {
  if (!given) return undefined;
  if (Buffer.byteLength(JSON.stringify(given)) > maxOverrideBytes) {
    throw invalidParameter(`Container Overrides length must be at most ${maxOverrideBytes}`);
  }
  const names = new Set<string | undefined>();
  for (const override of given.containerOverrides ?? []) {
    checkContainerOverride(definition, override);
    if (names.has(override.name)) throw invalidParameter(`Container ${override.name} is overridden twice.`);
    names.add(override.name);
  }
  if (given.inferenceAcceleratorOverrides?.length) throw notServedYet('inferenceAcceleratorOverrides');
  if (given.ephemeralStorage) throw invalidParameter('ephemeralStorage is only valid for the FARGATE launch type.');
  return {
    ...given,
    ...(given.cpu !== undefined && { cpu: String(parseTaskCpu(given.cpu)) }),
    ...(given.memory !== undefined && { memory: String(parseTaskMemory(given.memory)) }),
  };
}

export interface CommonLaunchInput {
  readonly taskDefinition?: string | undefined;
  readonly overrides?: TaskOverride | undefined;
  readonly group?: string | undefined;
  readonly startedBy?: string | undefined;
  readonly referenceId?: string | undefined;
  readonly enableExecuteCommand?: boolean | undefined;
  readonly enableECSManagedTags?: boolean | undefined;
  readonly propagateTags?: PropagateTags | undefined;
  readonly tags?: Tag[] | undefined;
  readonly networkConfiguration?: NetworkConfiguration | undefined;
  readonly volumeConfigurations?: TaskVolumeConfiguration[] | undefined;
}

function checkCommon(input: CommonLaunchInput): void {
  if (input.group !== undefined && /^(service|daemon):/.test(input.group)) {
    throw invalidParameter(
      `Invalid group: the prefix of ${input.group} is reserved for tasks that a scheduler starts.`,
    );
  }
  if (input.group !== undefined && (input.group.length < 1 || input.group.length > 255)) {
    throw invalidParameter('group must be between 1 and 255 characters.');
  }
  if (input.startedBy !== undefined && !startedByPattern.test(input.startedBy)) {
    throw invalidParameter('startedBy can have up to 128 letters, numbers, hyphens, forward slashes and underscores.');
  }
  if (input.referenceId !== undefined && input.referenceId.length > 1024) {
    throw invalidParameter('referenceId can have up to 1024 characters.');
  }
  if (input.enableExecuteCommand) throw notServedYet('enableExecuteCommand');
  if (input.volumeConfigurations?.length) throw notServedYet('volumeConfigurations');
  if (input.networkConfiguration?.awsvpcConfiguration) {
    throw invalidParameter('Network Configuration is not valid for the given networkMode of this task definition.');
  }
  if (input.propagateTags === 'SERVICE') {
    throw invalidParameter('propagateTags SERVICE is only valid for tasks that a service starts.');
  }
}

/** Everything but where: InvalidParameterException or ClientException for what is wrong with it. */
export function taskTemplate(
  view: View,
  scope: Scope,
  cluster: ClusterRow,
  launchType: LaunchType,
  input: CommonLaunchInput,
): TaskTemplate {
  checkCommon(input);
  const definition = requireLaunchable(view, scope, input.taskDefinition, launchType);
  return {
    cluster,
    definition,
    launchType,
    overrides: checkOverrides(definition, input.overrides),
    group: input.group ?? `family:${definition.family}`,
    startedBy: input.startedBy,
    referenceId: input.referenceId,
    enableExecuteCommand: false,
    tags: launchTags({
      own: newTags(input.tags),
      propagated: input.propagateTags === 'TASK_DEFINITION' ? definition.tags : [],
      managed: input.enableECSManagedTags ? { clusterName: cluster.name } : undefined,
    }),
  };
}

/** EC2 when none is given. Tasks of Managed Instances are not there yet; what is no launch type gets ECS's message. */
export function parseLaunchType(given: string | undefined): LaunchType {
  const launchType = given ?? 'EC2';
  if (launchType === 'EC2' || launchType === 'EXTERNAL' || launchType === 'FARGATE') return launchType;
  if (launchType === 'MANAGED_INSTANCES') throw notServedYet('The MANAGED_INSTANCES launch type');
  throw invalidParameter('launch type should be one of [EC2,FARGATE,EXTERNAL,FMI,MANAGED_INSTANCES]');
}

/** The launch type of a request that names none or one; a cluster's default strategy would choose it, and cannot yet. */
export function launchTypeFor(cluster: ClusterRow, given: string | undefined): LaunchType {
  const launchType = parseLaunchType(given);
  if (!given && cluster.defaultCapacityProviderStrategy.length > 0) {
    throw notServedYet("The cluster's default capacity provider strategy");
  }
  return launchType;
}

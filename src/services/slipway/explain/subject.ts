/** What is to be explained: a launch, as RunTask or the service's scheduler would ask for it. */
import type { PlacementConstraint, PlacementStrategy, TaskOverride } from '@aws-sdk/client-ecs';
import { type LaunchRequest, placementRequest } from '#launch/launch-tasks.ts';
import { taskCpuUnits, taskMemoryMiB } from '#launch/reservation.ts';
import type { ClusterRow, LaunchType, ServiceRow, TaskDefinitionRow } from '#model/rows.ts';
import { InvalidPlacement, normaliseStrategy, parseConstraints, parseStrategies } from '#placement/parse-request.ts';
import type { PlacementRequest } from '#placement/request.ts';
import type { View } from '#store/store.ts';
import { taskDefinitions, tasks } from '#store/tables/ecs.ts';
import type { SlipwayContext } from '../context.ts';
import { invalidParameter } from '../errors.ts';
import { requireCluster, requireService, requireTaskDefinition } from '../resolve.ts';

export interface ExplainPlacementInput {
  /** One of the two. */
  readonly service?: string;
  readonly taskDefinition?: string;
  readonly cluster?: string;
  readonly count?: number;
  readonly launchType?: string;
  readonly group?: string;
  readonly overrides?: TaskOverride;
  readonly placementConstraints?: readonly PlacementConstraint[];
  readonly placementStrategy?: readonly PlacementStrategy[];
  readonly maxInstances?: number;
}

export interface Subject {
  readonly cluster: ClusterRow;
  readonly definition: TaskDefinitionRow;
  readonly service?: ServiceRow;
  /** Tasks that the service's newest deployment lacks. */
  readonly missingCount?: number;
  readonly launchType: LaunchType;
  readonly launch: LaunchRequest;
  readonly request: PlacementRequest;
  readonly constraints: readonly PlacementConstraint[];
  readonly strategy: readonly PlacementStrategy[];
  /** One for each constraint of the request. */
  readonly expressions: readonly (string | undefined)[];
}

/** More would hold up other requests: the dry run is made in one go. */
export const maxCount = 1_000;
const ofServices = ['launchType', 'group', 'overrides', 'placementConstraints', 'placementStrategy'] as const;

function checkCount(count: number | undefined): void {
  if (count !== undefined && (!Number.isInteger(count) || count < 1 || count > maxCount)) {
    throw invalidParameter(`count must be a whole number from 1 to ${maxCount}.`);
  }
}

function checkPlacement<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof InvalidPlacement) throw invalidParameter(error.message);
    throw error;
  }
}

function toLaunchType(text: string): LaunchType {
  if (text === 'EC2' || text === 'FARGATE' || text === 'EXTERNAL') return text;
  throw invalidParameter('launchType must be EC2, FARGATE or EXTERNAL.');
}

function checkOverrides(definition: TaskDefinitionRow, overrides: TaskOverride | undefined): void {
  for (const { name } of overrides?.containerOverrides ?? []) {
    if (definition.containerDefinitions.some((container) => container.name === name)) continue;
    throw invalidParameter(`Override for container named ${name} is not a container in the TaskDefinition.`);
  }
  if (overrides?.cpu !== undefined && taskCpuUnits(overrides.cpu) === undefined)
    throw invalidParameter(`${overrides.cpu} is no size of cpu.`);
  if (overrides?.memory !== undefined && taskMemoryMiB(overrides.memory) === undefined)
    throw invalidParameter(`${overrides.memory} is no size of memory.`);
}

interface Wish {
  readonly cluster: ClusterRow;
  readonly definition: TaskDefinitionRow;
  readonly launchType: LaunchType;
  readonly group: string;
  readonly count: number;
  readonly overrides?: TaskOverride | undefined;
  readonly constraints: readonly PlacementConstraint[];
  readonly strategy: readonly PlacementStrategy[];
}

function toSubject(wish: Wish): Subject {
  const { constraints, strategy, definition } = wish;
  const launch: LaunchRequest = {
    ...wish,
    constraints: checkPlacement(() => parseConstraints(constraints)),
    strategies: checkPlacement(() => parseStrategies(strategy)),
    enableExecuteCommand: false,
    tags: [],
  };
  const all = [...definition.placementConstraints, ...constraints];
  return {
    ...wish,
    launch,
    request: placementRequest(launch),
    constraints: all as readonly PlacementConstraint[],
    strategy: strategy.map(normaliseStrategy),
    expressions: all.map(({ expression }) => expression),
  };
}

/** Tasks wanted running that the primary deployment (or, without one, the service and its task sets) does not have. */
function missingTasks(view: View, service: ServiceRow, deploymentId: string | undefined): number {
  let wanted = 0;
  for (const task of view.find(tasks, 'liveByService', service.arn)) {
    const isOfIt = deploymentId === undefined || task.deploymentId === deploymentId;
    if (task.desiredStatus === 'RUNNING' && isOfIt) wanted += 1;
  }
  return Math.max(0, service.desiredCount - wanted);
}

const onePerInstance = (service: ServiceRow): PlacementConstraint[] => [
  ...service.placementConstraints.filter(({ type }) => type === 'memberOf'),
  { type: 'distinctInstance' },
];

function ofService(ctx: SlipwayContext, input: ExplainPlacementInput, cluster: ClusterRow): Subject {
  for (const member of ofServices) {
    if (input[member] !== undefined) throw invalidParameter(`${member} is the service's own; leave it out.`);
  }
  const service = requireService(ctx.store, ctx, input.cluster, input.service!);
  const primary = service.deployments.find((deployment) => deployment.status === 'PRIMARY');
  const definitionArn = primary?.taskDefinitionArn ?? service.taskDefinitionArn;
  const definition = definitionArn === undefined ? undefined : ctx.store.get(taskDefinitions, definitionArn);
  if (!definition) throw invalidParameter(`Service ${service.name} has no deployment whose tasks could be placed.`);
  const isDaemon = service.schedulingStrategy === 'DAEMON';
  const missingCount = missingTasks(ctx.store, service, primary?.id);
  const subject = toSubject({
    cluster,
    definition,
    launchType: service.launchType ?? 'EC2',
    group: `service:${service.name}`,
    // A daemon has one task on each instance that takes it: as many are asked for as there can be.
    count: input.count ?? (isDaemon ? maxCount : Math.min(maxCount, Math.max(1, missingCount))),
    constraints: isDaemon ? onePerInstance(service) : service.placementConstraints,
    strategy: service.placementStrategy,
  });
  return { ...subject, service, missingCount };
}

/** Throws what is wrong with the request. */
export function subjectOf(ctx: SlipwayContext, input: ExplainPlacementInput): Subject {
  if ((input.service === undefined) === (input.taskDefinition === undefined)) {
    throw invalidParameter('Name either a service or a taskDefinition.');
  }
  checkCount(input.count);
  const cluster = requireCluster(ctx.store, ctx, input.cluster);
  if (input.service !== undefined) return ofService(ctx, input, cluster);
  const definition = requireTaskDefinition(ctx.store, ctx, input.taskDefinition!);
  checkOverrides(definition, input.overrides);
  return toSubject({
    cluster,
    definition,
    launchType: toLaunchType(input.launchType ?? 'EC2'),
    group: input.group ?? `family:${definition.family}`,
    count: input.count ?? 1,
    overrides: input.overrides,
    constraints: input.placementConstraints ?? [],
    strategy: input.placementStrategy ?? [],
  });
}

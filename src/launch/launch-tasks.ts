/**
 * The launch room: the one place where a task is born, whoever asks: RunTask, StartTask, a service's scheduler.
 *
 * - Placement and birth happen in the caller's transaction, so what placement saw as free is free when it is taken.
 * - What does not fit is a value with a reason for each instance, never an error.
 * - It never moves a task afterwards, and knows nothing of services beyond the names it is given.
 */
import type { Tag } from '@aws-sdk/client-ecs';
import type { ContainerInstanceRow, LaunchType, TaskDefinitionRow, TaskRow } from '#model/rows.ts';
import { parseConstraints } from '#placement/parse-request.ts';
import { place } from '#placement/place.ts';
import {
  type Constraint,
  defaultStrategies,
  type PlacementRequest,
  type Refusal,
  type Strategy,
} from '#placement/request.ts';
import type { Tx, View } from '#store/store.ts';
import { containerInstances, tasks } from '#store/tables/ecs.ts';
import { fleets } from './fleets.ts';
import { birthOf, type LaunchDeps, type TaskTemplate } from './new-task.ts';
import { reservationOf } from './reservation.ts';
import { candidateOf, candidatesOf } from './snapshot.ts';

export interface LaunchRequest extends TaskTemplate {
  readonly count: number;
  readonly constraints: readonly Constraint[];
  /** Empty: over Availability Zones, then over instances. */
  readonly strategies: readonly Strategy[];
}

export interface LaunchResult {
  readonly tasks: readonly TaskRow[];
  /** Why each instance takes no further task; empty when all were placed. */
  readonly refusals: readonly Refusal[];
}

export interface NotLaunchable {
  readonly code: 'ClientException' | 'InvalidParameterException';
  readonly message: string;
}

/** Why tasks of this definition cannot be launched at all; undefined when they can. */
export function whyNotLaunchable(definition: TaskDefinitionRow, launchType: LaunchType): NotLaunchable | undefined {
  if (launchType === 'FARGATE') {
    return {
      code: 'ClientException',
      message: 'The FARGATE launch type is not supported here yet. Use EC2 or EXTERNAL.',
    };
  }
  if (definition.networkMode === 'awsvpc') {
    const message = 'The awsvpc network mode is not supported here yet. Use bridge, host or none.';
    return { code: 'ClientException', message };
  }
  if (!definition.compatibilities.includes(launchType)) {
    const message = `Task definition does not support launch_type ${launchType}.`;
    return { code: 'InvalidParameterException', message };
  }
  return undefined;
}

function requirementsOf(template: TaskTemplate): PlacementRequest['requiredAttributes'] {
  const required = template.definition.requiresAttributes.map(({ name, value }) => ({
    name: name ?? '',
    ...(value !== undefined && { value }),
  }));
  const architecture = template.definition.runtimePlatform?.cpuArchitecture?.toLowerCase();
  if (architecture) required.push({ name: 'ecs.cpu-architecture', value: architecture });
  return template.launchType === 'EXTERNAL' ? [...required, { name: 'ecs.capability.external' }] : required;
}

/** What placement is asked for a launch. */
export function placementRequest(request: LaunchRequest): PlacementRequest {
  const { definition } = request;
  return {
    count: request.count,
    group: request.group,
    demand: reservationOf(definition, request.overrides),
    requiredAttributes: requirementsOf(request),
    constraints: [...parseConstraints(definition.placementConstraints), ...request.constraints],
    strategies: request.strategies.length > 0 ? request.strategies : defaultStrategies,
  };
}

/** Whether the cluster has an instance that could be asked at all. */
export function hasActiveInstance(view: View, clusterArn: string): boolean {
  for (const row of view.find(containerInstances, 'byCluster', clusterArn)) if (row.status === 'ACTIVE') return true;
  return false;
}

/**
 * Places and makes up to `count` tasks; those that do not fit are missing from `tasks`. Reading `refusals` looks at every
 * instance of the cluster, and only then: what retries often asks seldom.
 */
export function launchTasks(tx: Tx, deps: LaunchDeps, request: LaunchRequest): LaunchResult {
  const wanted = placementRequest(request);
  const made: TaskRow[] = [];
  const birth = birthOf(deps, request, wanted.demand);
  const make = (instance: ContainerInstanceRow) => void made.push(tx.insert(tasks, birth(instance)));
  const taken = tx.derived(fleets).of(request.cluster.arn).place(wanted, make);
  const unit = () => deps.random.unit();
  if (taken === undefined) {
    const { placed, refusals } = place(candidatesOf(tx, request.cluster.arn, request.group), wanted, unit);
    for (const arn of placed) make(tx.get(containerInstances, arn)!);
    return { tasks: made, refusals };
  }
  if (taken === request.count) return { tasks: made, refusals: [] };
  let refusals: readonly Refusal[] | undefined;
  return {
    tasks: made,
    get refusals() {
      refusals ??= place(candidatesOf(tx, request.cluster.arn, request.group), { ...wanted, count: 1 }, unit).refusals;
      return refusals;
    },
  };
}

/** StartTask: the client chose the instance. ECS checks resources, attributes and the agent, and no constraints. */
export function launchOn(
  tx: Tx,
  deps: LaunchDeps,
  template: TaskTemplate,
  instance: ContainerInstanceRow,
): TaskRow | Refusal {
  const request = placementRequest({ ...template, count: 1, constraints: [], strategies: [] });
  const candidate = candidateOf(tx, instance, template.group);
  const { placed, refusals } = place([candidate], { ...request, constraints: [] }, () => deps.random.unit());
  if (placed.length === 0) return refusals[0]!;
  return tx.insert(tasks, birthOf(deps, template, request.demand)(instance));
}

export const isRefusal = (outcome: TaskRow | Refusal): outcome is Refusal => 'reason' in outcome;

/** The client's tags, then what is propagated and ECS's own; the client's win over propagated ones of the same key. */
export function launchTags(options: {
  readonly own: readonly Tag[];
  readonly propagated: readonly Tag[];
  readonly managed: { readonly clusterName: string; readonly serviceName?: string } | undefined;
}): Tag[] {
  const byKey = new Map<string, Tag>();
  for (const tag of [...options.propagated, ...options.own]) byKey.set(tag.key ?? '', tag);
  if (options.managed) {
    const { clusterName, serviceName } = options.managed;
    byKey.set('aws:ecs:clusterName', { key: 'aws:ecs:clusterName', value: clusterName });
    if (serviceName !== undefined) byKey.set('aws:ecs:serviceName', { key: 'aws:ecs:serviceName', value: serviceName });
  }
  return [...byKey.values()];
}

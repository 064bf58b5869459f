/**
 * What history keeps of a row, and the difference between two states of it. Pure.
 *
 * A state is plain JSON: names of fields to values, and lists of things with a name (containers, deployments) as objects
 * by that name. A difference is the same, with only what became another; null is what went away. Adding up the
 * differences of an entity's records gives its state.
 */
import type { DeploymentRow, ServiceRow, TaskContainerRow, TaskRow } from '#model/rows.ts';

export type State = { readonly [name: string]: unknown };

const taskFields = [
  'taskDefinitionArn',
  'containerInstanceArn',
  'serviceArn',
  'deploymentId',
  'group',
  'startedBy',
  'launchType',
  'capacityProviderName',
  'availabilityZone',
  'cpu',
  'memory',
  'desiredStatus',
  'lastStatus',
  'healthStatus',
  'connectivity',
  'pullStartedAt',
  'pullStoppedAt',
  'startedAt',
  'stoppingAt',
  'executionStoppedAt',
  'stoppedAt',
  'stopCode',
  'stoppedReason',
  'protectedUntil',
] as const satisfies readonly (keyof TaskRow)[];

const containerFields = [
  'image',
  'imageDigest',
  'runtimeId',
  'lastStatus',
  'healthStatus',
  'exitCode',
  'reason',
  'networkBindings',
] as const satisfies readonly (keyof TaskContainerRow)[];

const serviceFields = [
  'status',
  'schedulingStrategy',
  'desiredCount',
  'taskDefinitionArn',
  'launchType',
  'capacityProviderStrategy',
  'platformVersion',
  'networkConfiguration',
  'loadBalancers',
  'deploymentController',
  'deploymentConfiguration',
  'placementConstraints',
  'placementStrategy',
  'availabilityZoneRebalancing',
  'createdBy',
] as const satisfies readonly (keyof ServiceRow)[];

const deploymentFields = [
  'status',
  'taskDefinitionArn',
  'desiredCount',
  'failedTasks',
  'rolloutState',
  'rolloutStateReason',
  'createdAt',
] as const satisfies readonly (keyof DeploymentRow)[];

/** Fields that hold the time of something that has happened, in epoch milliseconds. */
export const timeFields: ReadonlySet<string> = new Set([
  'createdAt',
  'pullStartedAt',
  'pullStoppedAt',
  'startedAt',
  'stoppingAt',
  'executionStoppedAt',
  'stoppedAt',
]);

/** States that have a name of their own within the entity's. */
const nested = new Set(['containers', 'deployments']);

const isEmpty = (value: unknown) => value === undefined || (Array.isArray(value) && value.length === 0);

function pick<R extends object>(row: R, fields: readonly (keyof R & string)[]): State {
  const state: Record<string, unknown> = {};
  for (const field of fields) if (!isEmpty(row[field])) state[field] = row[field];
  return state;
}

export function taskState(row: TaskRow): State {
  const containers: Record<string, State> = {};
  for (const container of row.containers) containers[container.name] = pick(container, containerFields);
  return { ...pick(row, taskFields), createdAt: row.createdAt, containers };
}

export function serviceState(row: ServiceRow): State {
  const deployments: Record<string, State> = {};
  for (const deployment of row.deployments) deployments[deployment.id] = pick(deployment, deploymentFields);
  return { ...pick(row, serviceFields), createdAt: row.createdAt, deployments };
}

const isSame = (a: unknown, b: unknown) =>
  a === b ||
  (typeof a === 'object' &&
    typeof b === 'object' &&
    a !== null &&
    b !== null &&
    JSON.stringify(a) === JSON.stringify(b));

/** What makes `after` of `before`; undefined when they are the same. */
export function difference(before: State, after: State): State | undefined {
  const changed: Record<string, unknown> = {};
  for (const name in after) {
    if (isSame(before[name], after[name])) continue;
    const isDeep = nested.has(name) && before[name] !== undefined;
    changed[name] = isDeep ? differences(before[name] as State, after[name] as State) : after[name];
  }
  for (const name in before) if (after[name] === undefined) changed[name] = null;
  for (const _ in changed) return changed;
  return undefined;
}

function differences(before: State, after: State): State {
  const changed: Record<string, unknown> = {};
  for (const name in after) {
    const known = before[name] as State | undefined;
    const inner = known ? difference(known, after[name] as State) : after[name];
    if (inner) changed[name] = inner;
  }
  for (const name in before) if (after[name] === undefined) changed[name] = null;
  return changed;
}

/** The state after a difference. */
export function applied(state: State, change: State): State {
  const next: Record<string, unknown> = { ...state };
  for (const [name, value] of Object.entries(change)) {
    if (value === null) delete next[name];
    else if (nested.has(name)) next[name] = appliedEach((state[name] ?? {}) as State, value as State);
    else next[name] = value;
  }
  return next;
}

function appliedEach(state: State, change: State): State {
  const next: Record<string, unknown> = { ...state };
  for (const [name, value] of Object.entries(change)) {
    if (value === null) delete next[name];
    else next[name] = applied((state[name] ?? {}) as State, value as State);
  }
  return next;
}

/** Nothing is made of fields that stayed the same: this runs for every change of every task. */
function changedFields<R extends object>(
  before: R,
  after: R,
  fields: readonly (keyof R & string)[],
): State | undefined {
  let changed: Record<string, unknown> | undefined;
  for (const field of fields) {
    const value = after[field];
    if (value === before[field] || isSame(value, before[field])) continue;
    const isGone = isEmpty(value);
    if (isGone && isEmpty(before[field])) continue;
    changed ??= {};
    changed[field] = isGone ? null : value;
  }
  return changed;
}

function changedContainers(before: TaskRow, after: TaskRow): State | undefined {
  if (before.containers === after.containers) return undefined;
  let changed: Record<string, unknown> | undefined;
  for (const [at, container] of after.containers.entries()) {
    const known = before.containers[at];
    // A task's containers are those of its definition, in its order, for all its life.
    if (known?.name !== container.name) throw new Error(`the containers of ${after.arn} are not those of its birth`);
    const fields = known === container ? undefined : changedFields(known, container, containerFields);
    if (!fields) continue;
    changed ??= {};
    changed[container.name] = fields;
  }
  return changed;
}

/** As `difference` of the states of two rows of one task. */
export function taskDifference(before: TaskRow, after: TaskRow): State | undefined {
  const own = changedFields(before, after, taskFields);
  const containers = changedContainers(before, after);
  return containers ? { ...own, containers } : own;
}

/** When it happened: the latest of the times that the change itself brought, else now; never later than now. */
export function timeOf(change: State | undefined, nowMs: number): number {
  let latest: number | undefined;
  for (const field of timeFields) {
    const value = change?.[field];
    if (typeof value === 'number' && (latest === undefined || value > latest)) latest = value;
  }
  return Math.min(latest ?? nowMs, nowMs);
}

/**
 * What a REPLICA service needs next: pure, from one consistent view to a plan.
 *
 * Tasks wanted running are of two kinds: those to *keep* (of the PRIMARY deployment, well, on an instance that stays)
 * and those to *leave* (of older deployments, failing their health checks, on a draining instance). Missing keepers are
 * launched as far as maximumPercent allows, counting every task that has not stopped. Leavers go when a healthy keeper
 * stands in for them, or when room must be made and minimumHealthyPercent allows it. A task under scale-in protection is
 * given up neither by scale-in nor by a deployment until the protection ends, unless it fails its health checks. Planning a state that is as it
 * should be gives an empty plan.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html
 */
import type { DeploymentRow, ServiceRow, TaskRow } from '#model/rows.ts';
import { isProtected } from '#model/task-protection.ts';
import { isServing } from '#model/task-serving.ts';
import { UNHEALTHY_REASON } from '../service-failures.ts';
import { isUnhealthy, orderForStopping } from '../service-tasks.ts';
import { type Bounds, boundsOf } from './limits.ts';

export interface ServiceView {
  readonly service: ServiceRow;
  /** The service's tasks that have not stopped. */
  readonly tasks: readonly TaskRow[];
  /** Container instances that are DRAINING or gone. */
  readonly leavingInstances: ReadonlySet<string>;
  /** The last attempt to place a task found no room, so room is made within minimumHealthyPercent. */
  readonly placementBlocked: boolean;
  readonly nowMs: number;
}

export interface PlannedStop {
  readonly task: TaskRow;
  readonly reason: string;
}

export interface ServicePlan {
  /** How many tasks of the PRIMARY deployment to launch now. */
  readonly launch: number;
  readonly stops: readonly PlannedStop[];
  /** Nothing is missing, nothing is too much, and every task serves. */
  readonly steady: boolean;
  /** Tasks are missing, nothing is in motion, and the percentages allow neither a launch nor a stop. */
  readonly stuck?: true;
  /** Look again at this time even if nothing changes (epoch ms). */
  readonly lookAgainAt?: number;
}

interface Sorted {
  readonly keep: TaskRow[];
  readonly leave: TaskRow[];
  readonly stopping: number;
}

export const primaryOf = (service: ServiceRow): DeploymentRow =>
  service.deployments.find((deployment) => deployment.status === 'PRIMARY')!;

function sort(view: ServiceView): Sorted {
  const primary = primaryOf(view.service);
  const keep: TaskRow[] = [];
  const leave: TaskRow[] = [];
  let stopping = 0;
  for (const task of view.tasks) {
    if (task.desiredStatus === 'STOPPED') stopping += 1;
    else if (
      task.deploymentId === primary.id &&
      !isUnhealthy(view.service, task, view.nowMs) &&
      !(task.containerInstanceArn !== undefined && view.leavingInstances.has(task.containerInstanceArn))
    ) {
      keep.push(task);
    } else leave.push(task);
  }
  return { keep, leave, stopping };
}

const scaling = (deployment: DeploymentRow) => `Scaling activity initiated by (deployment ${deployment.id})`;

/** Scale-in and deployments wait for it. Failing health checks are no scale-in: such a task is replaced all the same. */
const isHeld = (view: ServiceView, task: TaskRow) =>
  isProtected(task, view.nowMs) && !isUnhealthy(view.service, task, view.nowMs);

function planLeavers(view: ServiceView, sorted: Sorted, bounds: Bounds, launch: number, held: boolean): TaskRow[] {
  const { service, placementBlocked } = view;
  const { keep, leave, stopping } = sorted;
  const missing = Math.max(0, service.desiredCount - keep.length);
  const room = Math.max(0, bounds.max - view.tasks.length);
  const servingKeep = keep.filter(isServing).length;
  const servingLeave = leave.filter(isServing).length;
  const surplus = servingKeep + leave.length - service.desiredCount;
  const forRoom = held
    ? 0
    : placementBlocked
      ? missing - stopping
      : missing - launch - Math.max(0, room - launch) - stopping;
  const wanted = Math.min(leave.length, Math.max(surplus, forRoom, 0));
  const mayLose = Math.max(0, servingKeep + servingLeave - bounds.min);
  const going: TaskRow[] = [];
  let lost = 0;
  for (const task of orderForStopping(leave)) {
    if (isHeld(view, task)) continue;
    const serving = isServing(task);
    const neverServed = !serving && task.lastStatus !== 'RUNNING';
    if (!neverServed && going.length >= wanted) continue;
    if (serving && lost >= mayLose) continue;
    if (serving) lost += 1;
    going.push(task);
  }
  return going;
}

function stopAll(view: ServiceView): ServicePlan {
  const reason = scaling(primaryOf(view.service));
  const stops = view.tasks.filter((task) => task.desiredStatus === 'RUNNING').map((task) => ({ task, reason }));
  return { launch: 0, stops, steady: view.tasks.length === 0 };
}

/** The earliest moment at which the passing of time alone changes the plan. */
function nextLook(view: ServiceView, throttledUntil: number | undefined): number | undefined {
  const graceMs = (view.service.healthCheckGracePeriodSeconds ?? 0) * 1000;
  let next = throttledUntil;
  for (const task of view.tasks) {
    const { protectedUntil } = task;
    if (
      protectedUntil !== undefined &&
      isProtected(task, view.nowMs) &&
      (next === undefined || protectedUntil < next)
    ) {
      next = protectedUntil;
    }
    if (task.healthStatus !== 'UNHEALTHY' || task.startedAt === undefined) continue;
    const endMs = task.startedAt + graceMs;
    if (endMs > view.nowMs && (next === undefined || endMs < next)) next = endMs;
  }
  return next;
}

export function planService(view: ServiceView): ServicePlan {
  const { service, nowMs } = view;
  if (service.status !== 'ACTIVE') return stopAll(view);
  const primary = primaryOf(service);
  const bounds = boundsOf(service);
  const sorted = sort(view);
  const { keep, leave } = sorted;
  const missing = service.desiredCount - keep.length;
  const room = bounds.max - view.tasks.length;
  const failed = primary.rolloutState === 'FAILED';
  const throttledUntil =
    primary.nextLaunchAt !== undefined && primary.nextLaunchAt > nowMs ? primary.nextLaunchAt : undefined;
  const held = failed || throttledUntil !== undefined;
  const launch = held ? 0 : Math.max(0, Math.min(missing, room));
  const tooMany =
    missing < 0
      ? orderForStopping(
          keep.filter((task) => !isHeld(view, task)),
          -missing,
        )
      : [];
  const leavers = planLeavers(view, sorted, bounds, launch, held);
  const stops = [
    ...tooMany.map((task) => ({ task, reason: scaling(primary) })),
    ...leavers.map((task) => ({
      task,
      reason: isUnhealthy(service, task, nowMs) ? UNHEALTHY_REASON : scaling(primary),
    })),
  ];
  const steady =
    missing === 0 && leave.length === 0 && sorted.stopping === 0 && keep.every(isServing) && stops.length === 0;
  const lookAgainAt = nextLook(view, missing > 0 ? throttledUntil : undefined);
  const inMotion = launch > 0 || stops.length > 0 || sorted.stopping > 0 || !view.tasks.every(isServing);
  const stuck = missing > 0 && !held && !inMotion;
  return { launch, stops, steady, ...(stuck && { stuck }), ...(lookAgainAt !== undefined && { lookAgainAt }) };
}

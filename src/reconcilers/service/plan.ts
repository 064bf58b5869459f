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
import type { StopCode } from '#model/task-status.ts';
import { UNHEALTHY_REASON } from '../service-failures.ts';
import { isUnhealthy, orderForStopping, type StoppingOrder } from '../service-tasks.ts';
import { type Bounds, boundsOf } from './limits.ts';
import { closeMoves, type OpenMoves, planMoves, type ZoneMove } from './rebalance.ts';
import { abandonedAt, givenUpAt, silentReason } from './watch.ts';

export interface ServiceView {
  readonly service: ServiceRow;
  /** The service's tasks that have not stopped. */
  readonly tasks: readonly TaskRow[];
  /** Container instances that are DRAINING or gone. */
  readonly leavingInstances: ReadonlySet<string>;
  /** The last attempt to place a task found no room, so room is made within minimumHealthyPercent. */
  readonly placementBlocked: boolean;
  /** Its tasks wanted running on lost instances: they neither serve nor count, and go when others stand in for them. */
  readonly lost?: readonly TaskRow[];
  /** Availability Zones with an instance that could take a task. */
  readonly zones?: ReadonlySet<string>;
  /** How long a task must have run to count as healthy in a deployment that a circuit breaker watches. */
  readonly healthyAfterMs?: number;
  /** How the placement strategies order a scale-in; absent: over Availability Zones, then over instances. */
  readonly stoppingOrder?: StoppingOrder;
  readonly pendingTimeoutMs?: number;
  readonly watchingSince?: number;
  readonly nowMs: number;
}

export interface PlannedStop {
  readonly task: TaskRow;
  readonly reason: string;
  /** `ServiceSchedulerInitiated` unless said otherwise. */
  readonly stopCode?: StopCode;
  /** No agent can be expected to confirm the stop: the task counts as stopped at once. */
  readonly isLost?: true;
  /** It goes because of Availability Zone rebalancing. */
  readonly isMove?: true;
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
  /** Tasks to start in other Availability Zones; those that they replace go later. */
  readonly moves?: readonly ZoneMove[];
  /** Moves that have not ended; absent: there were none. */
  readonly openMoves?: OpenMoves;
}

interface Sorted {
  readonly keep: TaskRow[];
  readonly leave: TaskRow[];
  readonly silent: TaskRow[];
  readonly abandoned: TaskRow[];
  readonly stopping: number;
}

export const LOST_REASON = 'Container instance lost: its agent is disconnected and another task has taken its place';

export const primaryOf = (service: ServiceRow): DeploymentRow =>
  service.deployments.find((deployment) => deployment.status === 'PRIMARY')!;

const isDue = (view: ServiceView, atMs: number | undefined) => atMs !== undefined && atMs <= view.nowMs;

function sort(view: ServiceView): Sorted {
  const primary = primaryOf(view.service);
  const keep: TaskRow[] = [];
  const leave: TaskRow[] = [];
  const silent: TaskRow[] = [];
  const abandoned: TaskRow[] = [];
  let stopping = 0;
  for (const task of view.tasks) {
    if (task.desiredStatus === 'STOPPED') {
      stopping += 1;
      if (isDue(view, abandonedAt(view, task))) abandoned.push(task);
    } else if (isDue(view, givenUpAt(view, task))) silent.push(task);
    else if (
      task.deploymentId === primary.id &&
      !isUnhealthy(view.service, task, view.nowMs) &&
      !(task.containerInstanceArn !== undefined && view.leavingInstances.has(task.containerInstanceArn))
    ) {
      keep.push(task);
    } else leave.push(task);
  }
  return { keep, leave, silent, abandoned, stopping };
}

/**
 * Whether it stands in for another task: it serves, and where a circuit breaker watches and no health check can tell, it
 * has done so for a while.
 */
function standsIn(view: ServiceView, task: TaskRow): boolean {
  return isServing(task) && healthyFrom(view, task) <= view.nowMs;
}

/** When a serving task counts as healthy (epoch ms). */
function healthyFrom({ service, healthyAfterMs = 0 }: ServiceView, task: TaskRow): number {
  const isWatched = service.deploymentConfiguration.deploymentCircuitBreaker?.enable;
  if (!isWatched || task.healthStatus === 'HEALTHY') return 0;
  return (task.startedAt ?? 0) + healthyAfterMs;
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
  const servingKeep = keep.filter((task) => standsIn(view, task)).length;
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
  const stops: PlannedStop[] = [];
  for (const task of view.tasks) {
    if (task.desiredStatus === 'RUNNING') stops.push({ task, reason });
    else if (isDue(view, abandonedAt(view, task))) stops.push({ task, reason, isLost: true });
  }
  for (const task of view.lost ?? []) stops.push({ task, reason: LOST_REASON, isLost: true });
  return { launch: 0, stops, steady: view.tasks.length === 0 };
}

/** Lost tasks go as others serve in their place; the newest first. */
function planLost(view: ServiceView, keep: readonly TaskRow[]): PlannedStop[] {
  const lost = view.lost ?? [];
  const surplus = keep.filter((task) => standsIn(view, task)).length + lost.length - view.service.desiredCount;
  if (surplus <= 0) return [];
  const newestFirst = [...lost].sort((a, b) => b.createdAt - a.createdAt || (a.arn < b.arn ? -1 : 1));
  return newestFirst.slice(0, surplus).map((task) => ({ task, reason: LOST_REASON, isLost: true }));
}

/** The earliest moment at which the passing of time alone changes the plan. */
function nextLook(view: ServiceView, throttledUntil: number | undefined): number | undefined {
  const graceMs = (view.service.healthCheckGracePeriodSeconds ?? 0) * 1000;
  let next = throttledUntil;
  const consider = (atMs: number | undefined) => {
    if (atMs !== undefined && atMs > view.nowMs && (next === undefined || atMs < next)) next = atMs;
  };
  for (const task of view.tasks) {
    consider(task.desiredStatus === 'STOPPED' ? abandonedAt(view, task) : givenUpAt(view, task));
    if (isServing(task)) consider(healthyFrom(view, task));
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

/** Ends open moves between zones, and begins new ones when nothing else is to do. */
function planRebalancing(view: ServiceView, sorted: Sorted, bounds: Bounds, isQuiet: boolean) {
  const { service } = view;
  const { keep } = sorted;
  const mayBegin = isQuiet && service.availabilityZoneRebalancing === 'ENABLED' && (view.zones?.size ?? 0) > 0;
  if (!mayBegin && !service.rebalancing) return { stops: [], open: [], moves: [] };
  const movable = keep.filter((task) => !isHeld(view, task));
  const inPlace = (task: TaskRow) => standsIn(view, task);
  const mayLose = Math.max(0, keep.filter(inPlace).length - bounds.min);
  const { stops, open } = closeMoves(service, keep, movable, inPlace, mayLose);
  const isReady =
    mayBegin &&
    open.length + stops.length === 0 &&
    (service.rebalancing?.blockedUntil ?? 0) <= view.nowMs &&
    primaryOf(service).rolloutState === 'COMPLETED';
  const room = Math.max(0, bounds.max - view.tasks.length);
  const moves = isReady && view.zones ? planMoves(keep, view.zones, movable, room) : [];
  return { stops, open, moves };
}

export function planService(view: ServiceView): ServicePlan {
  const { service, nowMs } = view;
  if (service.status !== 'ACTIVE') return stopAll(view);
  const primary = primaryOf(service);
  const bounds = boundsOf(service);
  const sorted = sort(view);
  const { keep, leave, silent, abandoned } = sorted;
  const missing = service.desiredCount - keep.length;
  const room = bounds.max - view.tasks.length;
  const failed = primary.rolloutState === 'FAILED';
  const throttledUntil =
    primary.nextLaunchAt !== undefined && primary.nextLaunchAt > nowMs ? primary.nextLaunchAt : undefined;
  const held = failed || throttledUntil !== undefined;
  const launch = held ? 0 : Math.max(0, Math.min(missing, room));
  const leavers = planLeavers(view, sorted, bounds, launch, held);
  const lost = planLost(view, keep);
  const isSettled =
    missing === 0 &&
    leave.length + silent.length === 0 &&
    sorted.stopping === 0 &&
    lost.length === 0 &&
    leavers.length === 0;
  const isQuiet = isSettled && keep.every((task) => standsIn(view, task));
  const rebalancing = planRebalancing(view, sorted, bounds, isQuiet && !held && (view.lost ?? []).length === 0);
  const excess = -missing - rebalancing.open.length - rebalancing.stops.length;
  const scaledIn =
    excess > 0
      ? orderForStopping(
          keep.filter((task) => !isHeld(view, task) && !rebalancing.stops.includes(task)),
          excess,
          view.stoppingOrder,
        )
      : [];
  const reason = scaling(primary);
  const silence = silentReason(view.pendingTimeoutMs ?? 0);
  const stops: PlannedStop[] = [
    ...scaledIn.map((task) => ({ task, reason })),
    ...rebalancing.stops.map((task) => ({ task, reason, isMove: true as const })),
    ...leavers.map((task) => ({ task, reason: isUnhealthy(service, task, nowMs) ? UNHEALTHY_REASON : reason })),
    ...silent.map((task) => ({ task, reason: silence, stopCode: 'TaskFailedToStart' as const })),
    ...abandoned.map((task) => ({ task, reason: silence, isLost: true as const })),
    ...lost,
  ];
  const steady = isQuiet && stops.length === 0 && rebalancing.moves.length === 0;
  const lookAgainAt = nextLook(view, missing > 0 ? throttledUntil : undefined);
  const inMotion =
    launch > 0 || stops.length > 0 || sorted.stopping > 0 || !view.tasks.every((task) => standsIn(view, task));
  const stuck = missing > 0 && !held && !inMotion;
  const { moves, open } = rebalancing;
  return {
    launch,
    stops,
    steady,
    ...(stuck && { stuck }),
    ...(lookAgainAt !== undefined && { lookAgainAt }),
    ...(moves.length > 0 && { moves }),
    ...(service.rebalancing && { openMoves: open }),
  };
}

/** Applies a service's plan in the caller's transaction: launches, stops, moves between zones, and the events of each. */
import { type LaunchResult, launchTasks } from '#launch/launch-tasks.ts';
import type { Clock } from '#lib/clock.ts';
import type { Random } from '#lib/random.ts';
import type { Rebalancing } from '#model/rebalancing.ts';
import type { ServiceRow, TaskRow } from '#model/rows.ts';
import { loseTask, requestStop } from '#model/task-transition.ts';
import { parseConstraints, parseStrategies } from '#placement/parse-request.ts';
import type { Tx } from '#store/store.ts';
import { containerInstances, tasks } from '#store/tables/ecs.ts';
import {
  balancedEvent,
  movedAwayEvent,
  movedEvent,
  startedEvent,
  stoppedEvent,
  unbalancedEvent,
  zoneFullEvent,
} from '../service-events.ts';
import { serviceTemplate } from '../service-pass.ts';
import { type PlannedStop, primaryOf, type ServicePlan } from './plan.ts';
import { countZones } from './rebalance.ts';
import { silentInstances } from './watch.ts';

export interface ApplyDeps {
  readonly clock: Clock;
  readonly random: Random;
}

/** More: a pass holds the event loop longer; fewer: a large service needs more passes. */
export const MAX_LAUNCH_PER_PASS = 250;
/** Longer: a service stays out of balance after room has appeared; shorter: it asks in vain more often. */
const REBALANCE_AGAIN_MS = 5 * 60_000;

export interface Applied {
  readonly service: ServiceRow;
  readonly live: TaskRow[];
  readonly events: string[];
  /** What found no room in part; absent when all did. Reading its refusals looks at every instance of the cluster. */
  readonly blockedBy: Pick<LaunchResult, 'refusals'> | undefined;
  /** A zone that took no task, if any. */
  readonly complaint: string | undefined;
}

function launch(
  tx: Tx,
  deps: ApplyDeps,
  service: ServiceRow,
  count: number,
  expressions: readonly string[],
): LaunchResult {
  const { id, taskDefinitionArn } = primaryOf(service);
  const extra = expressions.map((expression) => ({ type: 'memberOf' as const, expression }));
  return launchTasks(tx, deps, {
    ...serviceTemplate(tx, service, { id, taskDefinitionArn, launchType: service.launchType ?? 'EC2' }),
    count,
    constraints: [...parseConstraints(service.placementConstraints), ...parseConstraints(extra)],
    strategies: parseStrategies(service.placementStrategy),
  });
}

/** Away from instances whose agents are silent, as far as there are others. */
function launchMissing(
  tx: Tx,
  deps: ApplyDeps,
  service: ServiceRow,
  count: number,
  live: readonly TaskRow[],
): LaunchResult {
  const avoid = [...silentInstances(live)]
    .map((arn) => tx.get(containerInstances, arn)?.ec2InstanceId ?? '')
    .filter(Boolean);
  const first = launch(tx, deps, service, count, avoid.map((id) => `ec2InstanceId != '${id}'`).slice(0, 10));
  if (avoid.length === 0 || first.tasks.length === count) return first;
  const rest = launch(tx, deps, service, count - first.tasks.length, []);
  return {
    tasks: [...first.tasks, ...rest.tasks],
    get refusals() {
      return rest.refusals;
    },
  };
}

function stop(
  tx: Tx,
  { task, reason, stopCode = 'ServiceSchedulerInitiated', isLost }: PlannedStop,
  nowMs: number,
): TaskRow {
  const how = { stopCode, reason, nowMs };
  return tx.put(tasks, isLost ? loseTask(task, how) : requestStop(task, how));
}

interface Moved {
  readonly started: TaskRow[];
  readonly rebalancing: Rebalancing | undefined;
  readonly complaint: string | undefined;
}

/** Starts the tasks of `plan.moves`; what a zone does not take is tried again later. */
function startMoves(tx: Tx, deps: ApplyDeps, service: ServiceRow, plan: ServicePlan, events: string[]): Moved {
  const started: TaskRow[] = [];
  const moves = [...(plan.openMoves ?? [])];
  let complaint: string | undefined;
  for (const to of new Set((plan.moves ?? []).map((move) => move.to))) {
    const wanted = plan.moves!.filter((move) => move.to === to).slice(0, MAX_LAUNCH_PER_PASS);
    const result = launch(tx, deps, service, wanted.length, [`attribute:ecs.availability-zone == '${to}'`]);
    moves.push(...result.tasks.map((task, at) => ({ taskArn: task.arn, fromZone: wanted[at]!.from })));
    if (result.tasks.length > 0) events.push(movedEvent(service, to, result.tasks));
    if (result.tasks.length < wanted.length) complaint = zoneFullEvent(service, to);
    started.push(...result.tasks);
  }
  const blockedUntil = complaint === undefined ? undefined : deps.clock.now() + REBALANCE_AGAIN_MS;
  const isIdle = moves.length === 0 && blockedUntil === undefined;
  return { started, complaint, rebalancing: isIdle ? undefined : { moves, ...(blockedUntil && { blockedUntil }) } };
}

function rebalance(
  tx: Tx,
  deps: ApplyDeps,
  service: ServiceRow,
  plan: ServicePlan,
  live: readonly TaskRow[],
  zones: ReadonlySet<string>,
  events: string[],
): Moved {
  const before = service.rebalancing;
  if (!plan.moves && !plan.openMoves) return { started: [], rebalancing: before, complaint: undefined };
  const own: string[] = [];
  const moved = startMoves(tx, deps, service, plan, own);
  const wanted = live.filter((task) => task.desiredStatus === 'RUNNING');
  if (plan.moves && moved.started.length > 0) events.push(unbalancedEvent(service, countZones(wanted, zones)));
  events.push(...own);
  const isOver = before !== undefined && before.moves.length > 0 && moved.rebalancing === undefined;
  if (isOver && plan.stops.every((one) => one.isMove)) {
    const left = wanted.filter((task) => !plan.stops.some((one) => one.task === task));
    events.push(balancedEvent(service, countZones(left, zones)));
  }
  // A zone that had no room is left alone until its time has come, whatever else goes on.
  const waits = moved.rebalancing === undefined && (before?.blockedUntil ?? 0) > deps.clock.now();
  return waits ? { ...moved, rebalancing: { moves: [], blockedUntil: before!.blockedUntil! } } : moved;
}

export function applyPlan(
  tx: Tx,
  deps: ApplyDeps,
  service: ServiceRow,
  plan: ServicePlan,
  live: readonly TaskRow[],
  zones: ReadonlySet<string>,
): Applied {
  const nowMs = deps.clock.now();
  const events: string[] = [];
  let blockedBy: Applied['blockedBy'];
  const rows = new Map(live.map((task) => [task.arn as string, task]));
  if (plan.launch > 0) {
    const count = Math.min(plan.launch, MAX_LAUNCH_PER_PASS);
    const result = launchMissing(tx, deps, service, count, live);
    if (result.tasks.length > 0) events.push(startedEvent(service, result.tasks));
    if (result.tasks.length < count) blockedBy = result;
    for (const task of result.tasks) rows.set(task.arn, task);
  }
  for (const planned of plan.stops) {
    const row = stop(tx, planned, nowMs);
    if (row.lastStatus === 'STOPPED') rows.delete(row.arn);
    else rows.set(row.arn, row);
  }
  const scaledIn = plan.stops.filter(({ isMove }) => !isMove).map(({ task }) => task);
  if (scaledIn.length > 0) events.push(stoppedEvent(service, scaledIn));
  const movedAway = plan.stops.filter(({ isMove }) => isMove).map(({ task }) => task);
  for (const zone of new Set(movedAway.map((task) => task.availabilityZone ?? ''))) {
    events.push(
      movedAwayEvent(
        service,
        zone,
        movedAway.filter((task) => task.availabilityZone === zone),
      ),
    );
  }
  const moved = rebalance(tx, deps, service, plan, live, zones, events);
  for (const task of moved.started) rows.set(task.arn, task);
  const same = JSON.stringify(moved.rebalancing) === JSON.stringify(service.rebalancing);
  return {
    service: same ? service : { ...service, rebalancing: moved.rebalancing },
    live: [...rows.values()],
    events,
    blockedBy,
    complaint: moved.complaint,
  };
}

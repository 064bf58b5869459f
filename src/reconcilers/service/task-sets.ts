/**
 * Services with an EXTERNAL deployment controller: every task set is kept like a REPLICA service of its own, whose desired
 * count is the set's share of the service's. When the shares change is up to whoever calls the API. A DRAINING set goes
 * with its last task.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-external.html
 */
import type { DeploymentRow, ServiceRow, TaskRow } from '#model/rows.ts';
import { computedDesiredCount, type TaskSetRow } from '#model/task-set.ts';
import type { Tx } from '#store/store.ts';
import { services, taskSets } from '#store/tables/ecs.ts';
import { addServiceEvents, throttledEvent } from '../service-events.ts';
import { PROVEN_AFTER_MS, tallyFailures } from '../service-failures.ts';
import { noteComplaint, noteSteadiness, placementComplaint, STEADY_AGAIN_MS, takeEnded } from '../service-pass.ts';
import { type Applied, type ApplyDeps, applyPlan, MAX_LAUNCH_PER_PASS } from './apply.ts';
import { planService, type ServiceView } from './plan.ts';
import { stoppingOrderOf } from './stopping-order.ts';

/** What one pass sees of a service, or of one of its sets. */
export interface TaskSetView {
  /** Tasks that have not stopped, but for those on lost instances. */
  readonly present: readonly TaskRow[];
  /** Tasks wanted running on lost instances. */
  readonly away: readonly TaskRow[];
  readonly leavingInstances: ReadonlySet<string>;
  readonly placementBlocked: boolean;
  /** How long agents may be silent; see ServiceView. */
  readonly patience: Pick<ServiceView, 'healthyAfterMs' | 'pendingTimeoutMs' | 'watchingSince'>;
}

export interface TaskSetPass {
  /** Some set found no room for a task. */
  readonly isBlocked: boolean;
  /** When to look again even if nothing changes (epoch ms). */
  readonly nextMs: number | undefined;
}

interface SetPass {
  /** Absent when the set is over. */
  readonly set: TaskSetRow | undefined;
  readonly steady: boolean;
  readonly blockedBy: Applied['blockedBy'];
  readonly events: readonly string[];
  readonly nextMs: readonly (number | undefined)[];
}

/** The set as the plan of a REPLICA service sees it. */
function asService(service: ServiceRow, set: TaskSetRow): ServiceRow {
  const desiredCount = computedDesiredCount(set, service.desiredCount);
  const deployment: DeploymentRow = {
    ...set.tally,
    id: set.id,
    status: 'PRIMARY',
    taskDefinitionArn: set.taskDefinitionArn,
    desiredCount,
    createdAt: set.createdAt,
    updatedAt: set.updatedAt,
    rolloutState: 'IN_PROGRESS',
    rolloutStateReason: '',
  };
  return {
    ...service,
    status: set.status === 'DRAINING' ? 'DRAINING' : service.status,
    desiredCount,
    launchType: set.launchType,
    deployments: [deployment],
  };
}

function withTally(set: TaskSetRow, deployment: DeploymentRow): TaskSetRow {
  const { failedTasks, failuresInARow, throttledAt, nextLaunchAt, healthyStartedAt } = deployment;
  return { ...set, tally: { failedTasks, failuresInARow, throttledAt, nextLaunchAt, healthyStartedAt } };
}

function withStability(set: TaskSetRow, steady: boolean, nowMs: number): TaskSetRow {
  const stabilityStatus = steady ? 'STEADY_STATE' : 'STABILIZING';
  return set.stabilityStatus === stabilityStatus ? set : { ...set, stabilityStatus, stabilityStatusAt: nowMs };
}

/** ECS names the set in the events about it. */
const named = (service: ServiceRow, set: TaskSetRow, events: readonly string[]): string[] =>
  events.map((event) => event.replace(`(service ${service.name})`, `(service ${service.name}, taskSet ${set.id})`));

function passSet(
  tx: Tx,
  deps: ApplyDeps,
  service: ServiceRow,
  before: TaskSetRow,
  seen: TaskSetView & { readonly ended: readonly TaskRow[] },
): SetPass {
  const nowMs = deps.clock.now();
  const { present, away, leavingInstances, placementBlocked, patience } = seen;
  const asBefore = asService(service, before);
  const [deployment] = asBefore.deployments;
  const tally = tallyFailures(deployment!, seen.ended, present, nowMs);
  let set = tally.deployment === deployment ? before : withTally(before, tally.deployment);
  const asNow = asService(service, set);
  const stoppingOrder = stoppingOrderOf(tx, service);
  const view = {
    stoppingOrder,
    service: asNow,
    tasks: present,
    lost: away,
    leavingInstances,
    placementBlocked,
    ...patience,
    nowMs,
  };
  const plan = planService(view);
  const applied = applyPlan(tx, deps, asNow, plan, [...present, ...away], new Set());
  const events = [...(tally.throttled ? [throttledEvent(service)] : []), ...applied.events];
  set = withStability(set, plan.steady, nowMs);
  const isOver = set.status === 'DRAINING' && applied.live.length === 0;
  if (isOver) tx.delete(taskSets, set.arn);
  else if (set !== before) tx.put(taskSets, set);
  return {
    set: isOver ? undefined : set,
    steady: plan.steady,
    blockedBy: applied.blockedBy,
    events: named(service, set, events),
    nextMs: [
      plan.lookAgainAt,
      plan.launch > MAX_LAUNCH_PER_PASS ? nowMs : undefined,
      set.tally.failuresInARow > 0 && applied.live.length > 0 ? nowMs + PROVEN_AFTER_MS : undefined,
    ],
  };
}

/** One pass over all task sets of a service, in the caller's transaction. */
export function passTaskSets(tx: Tx, deps: ApplyDeps, before: ServiceRow, seen: TaskSetView): TaskSetPass {
  const nowMs = deps.clock.now();
  const ended = takeEnded(tx, before);
  const passes = [...tx.find(taskSets, 'byService', before.arn)].map((set) => {
    const ofSet = (task: TaskRow) => task.deploymentId === set.id;
    return passSet(tx, deps, before, set, {
      ...seen,
      present: seen.present.filter(ofSet),
      away: seen.away.filter(ofSet),
      ended,
    });
  });
  const events = passes.flatMap((pass) => pass.events);
  const blockedBy = passes.find((pass) => pass.blockedBy)?.blockedBy;
  let service = before;
  const complaint = blockedBy && placementComplaint(tx, service, blockedBy, nowMs);
  if (complaint !== undefined) service = noteComplaint(service, complaint, nowMs, events);
  service = noteSteadiness(
    service,
    passes.every((pass) => pass.steady),
    nowMs,
    events,
  );
  if (service.status === 'DRAINING' && passes.every((pass) => !pass.set)) {
    service = { ...service, status: 'INACTIVE', inactiveAt: nowMs };
  }
  if (service !== before) tx.put(services, service);
  if (events.length > 0) addServiceEvents(tx, service, events, nowMs, deps.random);
  const times = [
    ...passes.flatMap((pass) => pass.nextMs),
    service.steadyAt === undefined ? undefined : service.steadyAt + STEADY_AGAIN_MS,
  ].filter((time) => time !== undefined);
  return { isBlocked: blockedBy !== undefined, nextMs: times.length > 0 ? Math.min(...times) : undefined };
}

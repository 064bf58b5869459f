/**
 * The service scheduler: reads a service and its tasks, asks `planService`, and applies the plan in one transaction,
 * launching through the launch room. It never moves lastStatus and never talks to an agent.
 */

import type { LaunchResult } from '#launch/launch-tasks.ts';
import { launchTasks } from '#launch/launch-tasks.ts';
import type { Clock } from '#lib/clock.ts';
import type { Random } from '#lib/random.ts';
import type { ServiceArn } from '#model/arn.ts';
import type { ContainerInstanceRow, ServiceRow, TaskRow } from '#model/rows.ts';
import { requestStop } from '#model/task-transition.ts';
import { parseConstraints, parseStrategies } from '#placement/parse-request.ts';
import { type Change, changeOf, type Store, type Tx } from '#store/store.ts';
import { containerInstances, services, tasks } from '#store/tables.ts';
import type { Reconciler } from '../driver.ts';
import { addServiceEvents, startedEvent, stoppedEvent, stuckEvent, unplaceableEvent } from '../service-events.ts';
import { PROVEN_AFTER_MS } from '../service-failures.ts';
import { noteComplaint, noteSteadiness, STEADY_AGAIN_MS, serviceTemplate, settleEnded } from '../service-pass.ts';
import { standDeployments } from './deployments.ts';
import { planService, primaryOf, type ServicePlan, type ServiceView } from './plan.ts';

export interface ServiceReconcilerDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
}

/** More: a pass holds the event loop longer; fewer: a large service needs more passes. */
const MAX_LAUNCH_PER_PASS = 250;
/** A task that finds no room is tried again this often, besides whenever room appears. */
const RETRY_PLACEMENT_MS = 10_000;
const earliest = (...times: readonly (number | undefined)[]): number | undefined => {
  const known = times.filter((time) => time !== undefined);
  return known.length ? Math.min(...known) : undefined;
};

function leavingInstances(tx: Tx, live: readonly TaskRow[]): Set<string> {
  const leaving = new Set<string>();
  for (const arn of new Set(live.map((task) => task.containerInstanceArn))) {
    if (arn === undefined) continue;
    const instance = tx.get(containerInstances, arn);
    if (instance?.status !== 'ACTIVE') leaving.add(arn);
  }
  return leaving;
}

function launch(tx: Tx, deps: ServiceReconcilerDeps, service: ServiceRow, count: number): LaunchResult {
  const { id, taskDefinitionArn } = primaryOf(service);
  return launchTasks(tx, deps, {
    ...serviceTemplate(tx, service, { id, taskDefinitionArn, launchType: service.launchType ?? 'EC2' }),
    count,
    constraints: parseConstraints(service.placementConstraints),
    strategies: parseStrategies(service.placementStrategy),
  });
}

interface Applied {
  readonly live: TaskRow[];
  readonly events: string[];
  readonly blockedBy: LaunchResult['refusals'] | undefined;
}

function applyPlan(
  tx: Tx,
  deps: ServiceReconcilerDeps,
  service: ServiceRow,
  plan: ServicePlan,
  live: readonly TaskRow[],
): Applied {
  const nowMs = deps.clock.now();
  const events: string[] = [];
  let blockedBy: Applied['blockedBy'];
  const rows = new Map(live.map((task) => [task.arn as string, task]));
  if (plan.launch > 0) {
    const result = launch(tx, deps, service, Math.min(plan.launch, MAX_LAUNCH_PER_PASS));
    if (result.tasks.length > 0) events.push(startedEvent(service, result.tasks));
    if (result.tasks.length < Math.min(plan.launch, MAX_LAUNCH_PER_PASS)) blockedBy = result.refusals;
    for (const task of result.tasks) rows.set(task.arn, task);
  }
  for (const { task, reason } of plan.stops) {
    const stopping = requestStop(task, { stopCode: 'ServiceSchedulerInitiated', reason, nowMs });
    rows.set(task.arn, tx.put(tasks, stopping));
  }
  if (plan.stops.length > 0)
    events.push(
      stoppedEvent(
        service,
        plan.stops.map((stop) => stop.task),
      ),
    );
  return { live: [...rows.values()], events, blockedBy };
}

/** DAEMON services and those of an EXTERNAL deployment controller have schedulers of their own. */
const isReplica = (row: ServiceRow) => row.deploymentController.type === 'ECS' && row.schedulingStrategy === 'REPLICA';

/** Whether the change of a task can change what its service needs. */
function movesService(before: TaskRow | undefined, after: TaskRow | undefined): boolean {
  if (!before || !after) return true;
  return (
    before.lastStatus !== after.lastStatus ||
    before.desiredStatus !== after.desiredStatus ||
    before.healthStatus !== after.healthStatus ||
    before.protectedUntil !== after.protectedUntil
  );
}

/** Whether an instance may take tasks that it did not take before. */
function takesMore(before: ContainerInstanceRow | undefined, after: ContainerInstanceRow): boolean {
  return (
    before?.status !== after.status ||
    before.agentConnected !== after.agentConnected ||
    before.attributes !== after.attributes ||
    before.registeredResources !== after.registeredResources
  );
}

export function createServiceReconciler(deps: ServiceReconcilerDeps): Reconciler {
  const { store, clock, random } = deps;
  /** Services whose last placement found no room, by cluster: woken when room may have appeared. */
  const blocked = new Map<string, Set<string>>();
  const setBlocked = (service: ServiceRow, isBlocked: boolean) => {
    const inCluster = blocked.get(service.clusterArn) ?? new Set();
    if (isBlocked) blocked.set(service.clusterArn, inCluster.add(service.arn));
    else if (inCluster.delete(service.arn) && inCluster.size === 0) blocked.delete(service.clusterArn);
  };

  function* wokenBy(change: Change): Generator<string> {
    const task = changeOf(tasks, change);
    if (task) {
      const row = task.after ?? task.before!;
      if (row.serviceArn !== undefined && movesService(task.before, task.after)) yield row.serviceArn;
      if (task.after?.lastStatus === 'STOPPED' && task.before?.lastStatus !== 'STOPPED') {
        yield* blocked.get(row.clusterArn) ?? [];
      }
      return;
    }
    const service = changeOf(services, change);
    if (service?.after) {
      yield service.after.arn;
      return;
    }
    const instance = changeOf(containerInstances, change);
    if (!instance?.after) return;
    if (takesMore(instance.before, instance.after)) yield* blocked.get(instance.after.clusterArn) ?? [];
    if (instance.after.status !== instance.before?.status) {
      for (const row of store.find(tasks, 'liveByContainerInstance', instance.key)) {
        if (row.serviceArn !== undefined) yield row.serviceArn;
      }
    }
  }

  function reconcile(tx: Tx, before: ServiceRow): number | undefined {
    const nowMs = clock.now();
    const events: string[] = [];
    let live = [...tx.find(tasks, 'liveByService', before.arn)];
    const settled = settleEnded(tx, before, live, nowMs);
    events.push(...settled.events);
    let service = settled.service;
    const leaving = leavingInstances(tx, live);
    const wasBlocked = blocked.get(service.clusterArn)?.has(service.arn) ?? false;
    const view: ServiceView = { service, tasks: live, leavingInstances: leaving, placementBlocked: wasBlocked, nowMs };
    const plan = planService(view);
    const applied = applyPlan(tx, deps, service, plan, live);
    events.push(...applied.events);
    live = applied.live;
    setBlocked(service, applied.blockedBy !== undefined);
    const standing = standDeployments(service, live, plan.steady, nowMs);
    service = standing.service;
    events.push(...standing.events);
    const complaint = applied.blockedBy
      ? unplaceableEvent(service, applied.blockedBy)
      : plan.stuck
        ? stuckEvent(service)
        : undefined;
    if (complaint !== undefined) service = noteComplaint(service, complaint, nowMs, events);
    service = noteSteadiness(service, plan.steady, nowMs, events);
    if (service.status === 'DRAINING' && live.length === 0)
      service = { ...service, status: 'INACTIVE', inactiveAt: nowMs };
    if (service !== before) tx.put(services, service);
    if (events.length > 0) addServiceEvents(tx, service, events, nowMs, random);
    return earliest(
      plan.lookAgainAt,
      applied.blockedBy && nowMs + RETRY_PLACEMENT_MS,
      plan.launch > MAX_LAUNCH_PER_PASS ? nowMs : undefined,
      primaryOf(service).failuresInARow > 0 && live.length > 0 ? nowMs + PROVEN_AFTER_MS : undefined,
      service.steadyAt !== undefined ? service.steadyAt + STEADY_AGAIN_MS : undefined,
    );
  }

  return {
    name: 'service',
    wokenBy,
    *all() {
      for (const row of store.all(services)) if (row.status !== 'INACTIVE' && isReplica(row)) yield row.arn;
    },
    reconcile(address) {
      const row = store.get(services, address as ServiceArn);
      if (!row || row.status === 'INACTIVE' || !isReplica(row)) return undefined;
      return store.transact((tx) => reconcile(tx, row));
    },
  };
}

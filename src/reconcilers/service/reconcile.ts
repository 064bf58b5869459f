/**
 * The service scheduler: reads a service and its tasks, asks `planService`, and applies the plan in one transaction,
 * launching through the launch room. It never moves lastStatus and never talks to an agent.
 */

import type { Clock } from '#lib/clock.ts';
import type { Random } from '#lib/random.ts';
import type { ServiceArn } from '#model/arn.ts';
import type { ContainerInstanceRow, ServiceRow, TaskRow } from '#model/rows.ts';
import type { ServiceDeploymentRow } from '#model/service-deployment.ts';
import { loseTask } from '#model/task-transition.ts';
import { type Change, changeOf, type Store, type Tx } from '#store/store.ts';
import { containerInstances, serviceDeployments, services, taskSets, tasks } from '#store/tables/ecs.ts';
import type { Reconciler } from '../driver.ts';
import { currentServiceDeployment, recordServiceDeployment } from '../service-deployments.ts';
import { addServiceEvents, stuckEvent } from '../service-events.ts';
import { PROVEN_AFTER_MS } from '../service-failures.ts';
import { noteComplaint, noteSteadiness, placementComplaint, STEADY_AGAIN_MS, settleEnded } from '../service-pass.ts';
import { defaultSettings, type SchedulerSettings } from '../settings.ts';
import { applyPlan, MAX_LAUNCH_PER_PASS } from './apply.ts';
import { failDeployment, type StopRequest, standDeployments } from './deployments.ts';
import { LOST_REASON, planService, primaryOf } from './plan.ts';
import { stoppingOrderOf } from './stopping-order.ts';
import { passTaskSets } from './task-sets.ts';
import { ClusterZones } from './zones.ts';

export interface ServiceReconcilerDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly settings?: SchedulerSettings;
}

/** A task that finds no room is tried again this often, besides whenever room appears. */
const RETRY_PLACEMENT_MS = 10_000;
const earliest = (...times: readonly (number | undefined)[]): number | undefined => {
  const known = times.filter((time) => time !== undefined);
  return known.length ? Math.min(...known) : undefined;
};

/** The instances of the tasks that are no longer ACTIVE, and those whose agent has been away too long. */
function instancesInTrouble(tx: Tx, live: readonly TaskRow[]): { leaving: Set<string>; lost: Set<string> } {
  const leaving = new Set<string>();
  const lost = new Set<string>();
  for (const arn of new Set(live.map((task) => task.containerInstanceArn))) {
    if (arn === undefined) continue;
    const instance = tx.get(containerInstances, arn);
    if (instance?.status !== 'ACTIVE') leaving.add(arn);
    if (instance?.lostAt !== undefined && !instance.agentConnected) lost.add(arn);
  }
  return { leaving, lost };
}

/** Separates the tasks on lost instances. Those that were to stop have stopped, as far as anybody can know. */
function setLostApart(tx: Tx, live: readonly TaskRow[], lost: ReadonlySet<string>, nowMs: number) {
  if (lost.size === 0) return { present: live, away: [] };
  const present: TaskRow[] = [];
  const away: TaskRow[] = [];
  for (const task of live) {
    if (task.containerInstanceArn === undefined || !lost.has(task.containerInstanceArn)) present.push(task);
    else if (task.desiredStatus === 'RUNNING') away.push(task);
    else tx.put(tasks, loseTask(task, { stopCode: 'ServiceSchedulerInitiated', reason: LOST_REASON, nowMs }));
  }
  return { present, away };
}

/** What StopServiceDeployment asks the scheduler for. */
const stopRequestOf = ({ status }: ServiceDeploymentRow): StopRequest | undefined =>
  status === 'ROLLBACK_REQUESTED' || status === 'STOP_REQUESTED' ? status : undefined;

/** DAEMON services have a scheduler of their own. */
const isReplica = (row: ServiceRow) => row.schedulingStrategy === 'REPLICA';

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
  const { store, clock, random, settings = defaultSettings } = deps;
  const watchingSince = clock.now();
  const zones = new ClusterZones();
  /** Services whose last placement found no room, by cluster: woken when room may have appeared. */
  const blocked = new Map<string, Set<string>>();
  const setBlocked = (service: ServiceRow, isBlocked: boolean) => {
    const inCluster = blocked.get(service.clusterArn) ?? new Set();
    if (isBlocked) blocked.set(service.clusterArn, inCluster.add(service.arn));
    else if (inCluster.delete(service.arn) && inCluster.size === 0) blocked.delete(service.clusterArn);
  };

  /**
   * What may wait for more of its kind: a task was born, which the service's own pass knows of, or one has started while
   * others still are starting.
   */
  function isOneOfMany(change: Change): boolean {
    const { before, after } = changeOf(tasks, change) ?? {};
    if (!after || after.serviceArn === undefined) return false;
    if (!before) return true;
    if (after.lastStatus !== 'RUNNING' || after.desiredStatus !== 'RUNNING') return false;
    if (before.lastStatus === after.lastStatus || before.desiredStatus !== after.desiredStatus) return false;
    return store.sum(tasks, 'byService', after.serviceArn)['pending']! > 0;
  }

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
    const taskSet = changeOf(taskSets, change)?.after;
    if (taskSet) yield taskSet.serviceArn;
    const record = changeOf(serviceDeployments, change)?.after;
    if (record && stopRequestOf(record)) yield record.serviceArn;
    const instance = changeOf(containerInstances, change);
    if (!instance) return;
    const isNewZone = zones.note(instance.before, instance.after);
    if (!instance.after) return;
    if (isNewZone) {
      for (const row of store.find(services, 'byCluster', instance.after.clusterArn)) yield row.arn;
    }
    if (takesMore(instance.before, instance.after)) yield* blocked.get(instance.after.clusterArn) ?? [];
    if (instance.after.status !== instance.before?.status || instance.after.lostAt !== instance.before?.lostAt) {
      for (const row of store.find(tasks, 'liveByContainerInstance', instance.key)) {
        if (row.serviceArn !== undefined) yield row.serviceArn;
      }
    }
  }

  function reconcile(tx: Tx, before: ServiceRow): number | undefined {
    const nowMs = clock.now();
    const events: string[] = [];
    const all = [...tx.find(tasks, 'liveByService', before.arn)];
    const trouble = instancesInTrouble(tx, all);
    const { present, away } = setLostApart(tx, all, trouble.lost, nowMs);
    const settled = settleEnded(tx, before, present, nowMs, settings.healthyAfterMs);
    const record = currentServiceDeployment(tx, settled.service);
    const failed = failDeployment(settled.service, nowMs, record && stopRequestOf(record));
    events.push(...settled.events, ...failed.events);
    let service = failed.service;
    const clusterZones = zones.of(tx, service.clusterArn);
    const plan = planService({
      service,
      tasks: present,
      leavingInstances: trouble.leaving,
      lost: away,
      placementBlocked: blocked.get(service.clusterArn)?.has(service.arn) ?? false,
      zones: clusterZones,
      healthyAfterMs: settings.healthyAfterMs,
      pendingTimeoutMs: settings.pendingTimeoutMs,
      stoppingOrder: stoppingOrderOf(tx, service),
      watchingSince,
      nowMs,
    });
    const applied = applyPlan(tx, deps, service, plan, [...present, ...away], clusterZones);
    events.push(...applied.events);
    const { live } = applied;
    setBlocked(service, applied.blockedBy !== undefined);
    const hasFailed = failed.service !== settled.service;
    const standing = standDeployments(applied.service, live, plan.steady && !hasFailed, nowMs);
    service = standing.service;
    events.push(...standing.events);
    const complaint = applied.blockedBy
      ? placementComplaint(tx, service, applied.blockedBy, nowMs)
      : plan.stuck
        ? stuckEvent(service)
        : applied.complaint;
    if (complaint !== undefined) service = noteComplaint(service, complaint, nowMs, events);
    service = noteSteadiness(service, plan.steady, nowMs, events);
    if (service.status === 'DRAINING' && live.length === 0)
      service = { ...service, status: 'INACTIVE', inactiveAt: nowMs };
    if (service !== before) tx.put(services, service);
    recordServiceDeployment(tx, service, live, nowMs);
    if (events.length > 0) addServiceEvents(tx, service, events, nowMs, random);
    return earliest(
      plan.lookAgainAt,
      applied.blockedBy && nowMs + RETRY_PLACEMENT_MS,
      plan.launch > MAX_LAUNCH_PER_PASS ? nowMs : undefined,
      service.rebalancing?.blockedUntil,
      primaryOf(service).failuresInARow > 0 && live.length > 0 ? nowMs + PROVEN_AFTER_MS : undefined,
      service.steadyAt !== undefined ? service.steadyAt + STEADY_AGAIN_MS : undefined,
    );
  }

  function reconcileTaskSets(tx: Tx, row: ServiceRow): number | undefined {
    const live = [...tx.find(tasks, 'liveByService', row.arn)];
    const { leaving, lost } = instancesInTrouble(tx, live);
    const { healthyAfterMs, pendingTimeoutMs } = settings;
    const pass = passTaskSets(tx, deps, row, {
      ...setLostApart(tx, live, lost, clock.now()),
      leavingInstances: leaving,
      placementBlocked: blocked.get(row.clusterArn)?.has(row.arn) ?? false,
      patience: { healthyAfterMs, pendingTimeoutMs, watchingSince },
    });
    setBlocked(row, pass.isBlocked);
    return earliest(pass.nextMs, pass.isBlocked ? clock.now() + RETRY_PLACEMENT_MS : undefined);
  }

  return {
    name: 'service',
    wokenBy,
    isUrgent: (change) => !isOneOfMany(change),
    *all() {
      for (const row of store.all(services)) if (row.status !== 'INACTIVE' && isReplica(row)) yield row.arn;
    },
    reconcile(address) {
      const row = store.get(services, address as ServiceArn);
      if (!row || row.status === 'INACTIVE' || !isReplica(row)) return undefined;
      const isExternal = row.deploymentController.type === 'EXTERNAL';
      return store.transact((tx) => (isExternal ? reconcileTaskSets(tx, row) : reconcile(tx, row)));
    },
  };
}

/** What must hold of schedulers, transaction by transaction and in the end. */
import type { DaemonRow } from '#model/daemon.ts';
import type { ContainerInstanceRow, ServiceRow, TaskRow } from '#model/rows.ts';
import { isServing } from '#model/task-serving.ts';
import { computedDesiredCount } from '#model/task-set.ts';
import { type Change, changeOf, type Store } from '#store/store.ts';
import {
  containerInstances,
  daemonDeployments,
  daemons,
  serviceEvents,
  services,
  taskSets,
  tasks,
} from '#store/tables/ecs.ts';
import type { Violate } from './checks.ts';

/** Longer than the longest restart delay. */
const failingMs = 20 * 60_000;

/** A container of the client's daemons and its sidecar. */
const largestDaemonMiB = 128;

/** Why ECS stops a task that is protected all the same. */
const overridesProtection = /critical daemon|failed container health checks|is lost/;

function checkBirth(store: Store, task: TaskRow, violate: Violate): void {
  const instance = store.get(containerInstances, task.containerInstanceArn ?? '');
  const isOpen = instance?.status === 'ACTIVE' || (task.daemonArn && instance?.status === 'REGISTERING');
  if (!isOpen) {
    const message = `${task.arn} (${task.group}) was born on an instance that is ${instance?.status ?? 'not there'}`;
    violate('tasks-only-where-instances-are-open', message);
  }
  const service = store.get(services, task.serviceArn ?? '');
  const deployment = service?.deployments.find((one) => one.id === task.deploymentId);
  if (deployment?.rolloutState === 'FAILED') {
    violate('failed-deployment-starts-nothing', `${task.arn} was born of ${deployment.id}, which has failed`);
  }
}

/** A daemon of either kind has one task on an instance at most. */
function checkOnePerInstance(store: Store, task: TaskRow, violate: Violate): void {
  const service = task.serviceArn === undefined ? undefined : store.get(services, task.serviceArn);
  const owner = task.daemonArn ?? (service?.schedulingStrategy === 'DAEMON' ? task.serviceArn : undefined);
  if (owner === undefined || task.containerInstanceArn === undefined) return;
  let count = 0;
  for (const one of store.find(tasks, 'liveByContainerInstance', task.containerInstanceArn)) {
    if ((one.daemonArn ?? one.serviceArn) === owner) count += 1;
  }
  if (count > 1) violate('one-daemon-task-an-instance', `${count} tasks of ${owner} on ${task.containerInstanceArn}`);
}

function checkProtection(store: Store, before: TaskRow, after: TaskRow, nowMs: number, violate: Violate): void {
  if (before.desiredStatus !== 'RUNNING' || after.desiredStatus !== 'STOPPED' || after.lastStatus === 'STOPPED') return;
  if (after.stopCode !== 'ServiceSchedulerInitiated' || (before.protectedUntil ?? 0) <= nowMs) return;
  const service = store.get(services, before.serviceArn ?? '');
  if (service?.status !== 'ACTIVE' || service.schedulingStrategy === 'DAEMON') return;
  const isOfGoneSet =
    service.deploymentController.type === 'EXTERNAL' &&
    ![...store.find(taskSets, 'byService', service.arn)].some(
      (set) => set.id === before.deploymentId && set.status !== 'DRAINING',
    );
  if (isOfGoneSet || overridesProtection.test(after.stoppedReason ?? '')) return;
  const minutes = ((before.protectedUntil! - nowMs) / 60_000).toFixed(1);
  violate('protected-tasks-stay', `${after.arn} was stopped ${minutes} min too early: ${after.stoppedReason}`);
}

function checkDaemonsFirst(store: Store, row: ContainerInstanceRow, violate: Violate): void {
  const live = [...store.find(tasks, 'liveByContainerInstance', row.arn)];
  for (const daemon of store.find(daemons, 'byCluster', row.clusterArn)) {
    if (!daemon.critical || daemon.status !== 'ACTIVE') continue;
    if (live.some((task) => task.daemonArn === daemon.arn && isServing(task))) continue;
    violate('critical-daemons-come-first', `${row.arn} takes tasks without ${daemon.name}`);
  }
}

/** Of one transaction, right after it. */
export function checkSchedulers(store: Store, changes: readonly Change[], nowMs: number, violate: Violate): void {
  for (const change of changes) {
    const instance = changeOf(containerInstances, change);
    if (instance?.before?.status === 'REGISTERING' && instance.after?.status === 'ACTIVE') {
      checkDaemonsFirst(store, instance.after, violate);
    }
    const moved = changeOf(tasks, change);
    if (!moved?.after) continue;
    if (!moved.before) {
      checkBirth(store, moved.after, violate);
      checkOnePerInstance(store, moved.after, violate);
    } else checkProtection(store, moved.before, moved.after, nowMs, violate);
  }
}

const states = (live: readonly TaskRow[]) =>
  live.map((task) => `${task.lastStatus}/${task.desiredStatus}/${task.healthStatus}`).join(' ');

/** A DAEMON service wants a task on every instance that takes tasks. */
export function unsettledDaemonService(store: Store, row: ServiceRow): string | undefined {
  if (row.status !== 'ACTIVE' || row.schedulingStrategy !== 'DAEMON') return undefined;
  const instances = [...store.find(containerInstances, 'byCluster', row.clusterArn)];
  const open = instances.filter((one) => one.status === 'ACTIVE' && one.agentConnected).length;
  return row.desiredCount === open ? undefined : `it wants ${row.desiredCount} tasks on ${open} instances`;
}

/** A service with an EXTERNAL deployment controller: every task set has its share of tasks. */
export function unsettledTaskSets(store: Store, row: ServiceRow, reasons: RegExp): string | undefined {
  const live = [...store.find(tasks, 'liveByService', row.arn)];
  if (row.status === 'INACTIVE') return live.length > 0 ? `${live.length} tasks live` : undefined;
  const sets = [...store.find(taskSets, 'byService', row.arn)];
  const protectedSet = (id: string) =>
    live.some((task) => task.deploymentId === id && task.protectedUntil !== undefined);
  for (const set of sets) {
    const own = live.filter((task) => task.deploymentId === set.id);
    const wanted = set.status === 'DRAINING' ? 0 : computedDesiredCount(set, row.desiredCount);
    if (own.length === wanted && own.every(isServing) && (set.status !== 'DRAINING' || own.length > 0)) continue;
    const events = [...store.find(serviceEvents, 'byService', row.arn)];
    if (events.some((event) => event.createdAt >= set.createdAt && reasons.test(event.message))) continue;
    if (protectedSet(set.id)) continue;
    return `set ${set.id} (${set.status}) wants ${wanted}: ${states(own)}; ${events.at(-1)?.message ?? 'no event'}`;
  }
  const stray = live.find((task) => !sets.some((set) => set.id === task.deploymentId));
  return stray && `${stray.arn} is of no task set`;
}

/** For the small tasks of daemons; one that is not critical does without where there is none. */
function hasRoom(store: Store, row: ContainerInstanceRow): boolean {
  const live = [...store.find(tasks, 'liveByContainerInstance', row.arn)];
  const memory = row.registeredResources.find((one) => one.name === 'MEMORY')?.integerValue ?? 0;
  return memory - live.reduce((sum, task) => sum + task.reservation.memoryMiB, 0) >= largestDaemonMiB;
}

/** Its tasks end again and again, and take others with them when it is critical. */
export function isFailing(store: Store, daemon: DaemonRow, nowMs: number): boolean {
  for (const task of store.find(tasks, 'byDaemon', daemon.arn)) {
    const hasFailed = task.stopCode === 'EssentialContainerExited' || task.stopCode === 'TaskFailedToStart';
    if (hasFailed && nowMs - (task.stoppedAt ?? 0) < failingMs) return true;
  }
  return false;
}

/** A managed daemon runs on every instance of its capacity providers, or says why not. */
export function unsettledDaemon(store: Store, row: DaemonRow, nowMs: number): string | undefined {
  const deployment = store.get(daemonDeployments, row.deploymentArn);
  if (!deployment) return 'its deployment is gone';
  const live = [...store.find(tasks, 'liveByDaemon', row.arn)];
  const saysWhy = deployment.statusReason !== undefined || isFailing(store, row, nowMs);
  const instances = row.capacityProviders.flatMap((name) => [
    ...store.find(containerInstances, 'byCapacityProvider', `${row.clusterArn}#${name}`),
  ]);
  const bare = instances.filter(
    (one) =>
      !live.some(
        (task) => task.containerInstanceArn === one.arn && task.deploymentId === row.revisionArn && isServing(task),
      ),
  );
  if (saysWhy) return undefined;
  if (row.status !== 'ACTIVE') return `it is ${row.status} with ${live.length} tasks: ${states(live)}`;
  if (deployment.finishedAt === undefined) return `its deployment is ${deployment.status}: ${states(live)}`;
  const missing = row.critical ? bare : bare.filter((one) => hasRoom(store, one));
  if (missing.length === 0 && live.length === instances.length - bare.length) return undefined;
  const where = bare.map((one) => `${one.arn} (${one.status})`).join(' ');
  return `${live.length} tasks on ${instances.length} instances (${states(live)}), none on ${where}`;
}

/** Instances that wait for critical daemons do so because one is not well. */
export function unsettledInstances(store: Store): string | undefined {
  for (const row of store.all(containerInstances)) {
    if (row.status !== 'REGISTERING' && row.drainedForDaemon === undefined) continue;
    const blames = [...store.find(daemons, 'byCluster', row.clusterArn)].some((one) => one.critical);
    if (!blames) return `${row.arn} is ${row.status} for no daemon`;
  }
  return undefined;
}

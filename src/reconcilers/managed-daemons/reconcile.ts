/**
 * The scheduler of managed daemons: wakes a pass (pass.ts) over a daemon whenever one of its instances, its tasks or it
 * itself has changed. A pass looks at all instances of the daemon's capacity providers. It never moves lastStatus.
 */
import type { Clock } from '#lib/clock.ts';
import type { Random } from '#lib/random.ts';
import type { DaemonArn } from '#model/arn.ts';
import type { DaemonRow } from '#model/daemon.ts';
import type { ContainerInstanceRow, TaskRow } from '#model/rows.ts';
import { changeOf, type Store } from '#store/store.ts';
import { containerInstances, daemons, tasks } from '#store/tables/ecs.ts';
import type { Reconciler } from '../driver.ts';
import { passDaemon } from './pass.ts';

export interface ManagedDaemonDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
}

const movesTask = (before: TaskRow | undefined, after: TaskRow | undefined) =>
  before?.lastStatus !== after?.lastStatus ||
  before?.desiredStatus !== after?.desiredStatus ||
  before?.healthStatus !== after?.healthStatus;

const movesInstance = (before: ContainerInstanceRow | undefined, after: ContainerInstanceRow | undefined) =>
  before?.status !== after?.status ||
  before?.agentConnected !== after?.agentConnected ||
  before?.lostAt !== after?.lostAt ||
  before?.capacityProviderName !== after?.capacityProviderName ||
  before?.attributes !== after?.attributes ||
  before?.registeredResources !== after?.registeredResources;

const movesDaemon = (before: DaemonRow | undefined, after: DaemonRow) =>
  before?.deploymentArn !== after.deploymentArn ||
  before.revisionArn !== after.revisionArn ||
  before.status !== after.status;

export function createManagedDaemonReconciler({ store, clock, random }: ManagedDaemonDeps): Reconciler {
  /** A pass over a large daemon takes time, and at most half of it: the next one waits as long as the last one took. */
  const notBeforeMs = new Map<string, number>();
  /** Daemons that wait for room on an instance, found by it. */
  const waiting = new Map<string, Set<string>>();

  /** Instances that the daemon waits for, and does no more. */
  const takeWaiting = (address: string): Set<string> => {
    const taken = new Set<string>();
    for (const [arn, set] of waiting) {
      if (set.delete(address)) taken.add(arn);
      if (set.size === 0) waiting.delete(arn);
    }
    return taken;
  };

  return {
    name: 'managed-daemon',
    *wokenBy(change) {
      const task = changeOf(tasks, change);
      if (task) {
        const row = (task.after ?? task.before)!;
        if (row.daemonArn !== undefined && movesTask(task.before, task.after)) yield row.daemonArn;
        if (task.after?.lastStatus !== 'STOPPED' || row.containerInstanceArn === undefined) return;
        yield* waiting.get(row.containerInstanceArn) ?? [];
        const isDraining = store.get(containerInstances, row.containerInstanceArn)?.status === 'DRAINING';
        if (isDraining) for (const one of store.find(daemons, 'byCluster', row.clusterArn)) yield one.arn;
        return;
      }
      const daemon = changeOf(daemons, change);
      if (daemon?.after && movesDaemon(daemon.before, daemon.after)) yield daemon.key;
      const instance = changeOf(containerInstances, change);
      if (!instance || !movesInstance(instance.before, instance.after)) return;
      const row = (instance.after ?? instance.before)!;
      if ((instance.before ?? row).capacityProviderName === undefined && row.capacityProviderName === undefined) return;
      for (const one of store.find(daemons, 'byCluster', row.clusterArn)) yield one.arn;
    },
    /** What agents report comes in waves; but the room that a task leaves is the next one's. */
    isUrgent(change) {
      const task = changeOf(tasks, change);
      return task === undefined || (task.after?.daemonArn !== undefined && task.after.lastStatus === 'STOPPED');
    },
    *all() {
      for (const row of store.all(daemons)) yield row.arn;
    },
    reconcile(address) {
      const startMs = clock.now();
      const dueMs = notBeforeMs.get(address) ?? startMs;
      if (dueMs > startMs) return dueMs;
      const full = takeWaiting(address);
      const result = store.transact((tx) => passDaemon(tx, { clock, random }, address as DaemonArn, full));
      const endMs = clock.now();
      if (result) notBeforeMs.set(address, endMs + endMs - startMs);
      else notBeforeMs.delete(address);
      for (const arn of result?.blocked ?? []) {
        const set = waiting.get(arn);
        if (set) set.add(address);
        else waiting.set(arn, new Set([address]));
      }
      // What has just turned out to be full changes the plan.
      return result?.blocked.some((arn) => !full.has(arn)) ? clock.now() : result?.nextMs;
    },
  };
}

/**
 * Which instances wait for critical daemons: other tasks come after them.
 *
 *   REGISTERING → ACTIVE            a task of every critical daemon serves on the instance
 *   DRAINING    → REGISTERING       for a critical daemon whose task has ended: the other tasks are stopped, and when they
 *                                   are gone the instance begins anew. Nobody replaces the machine here, so it is its own
 *                                   replacement.
 */
import type { Clock } from '#lib/clock.ts';
import type { ContainerInstanceRow } from '#model/rows.ts';
import { isServing } from '#model/task-serving.ts';
import { requestStop } from '#model/task-transition.ts';
import { changeOf, type Store, type Tx } from '#store/store.ts';
import { containerInstances, daemons, tasks } from '#store/tables/ecs.ts';
import type { Reconciler } from '../driver.ts';

export interface ReadinessDeps {
  readonly store: Store;
  readonly clock: Clock;
}

const isWaiting = (row: ContainerInstanceRow | undefined) =>
  row?.status === 'REGISTERING' || row?.drainedForDaemon !== undefined;

function isReady(tx: Tx, row: ContainerInstanceRow): boolean {
  const serving = new Set<string>();
  for (const task of tx.find(tasks, 'liveByContainerInstance', row.arn)) {
    if (task.daemonArn !== undefined && isServing(task)) serving.add(task.daemonArn);
  }
  for (const daemon of tx.find(daemons, 'byCluster', row.clusterArn)) {
    const isDue = daemon.critical && daemon.status === 'ACTIVE';
    if (isDue && daemon.capacityProviders.includes(row.capacityProviderName ?? '') && !serving.has(daemon.arn)) {
      return false;
    }
  }
  return true;
}

/** Asks the tasks that are no daemon's to stop; answers whether any is left. */
function clear(tx: Tx, row: ContainerInstanceRow, nowMs: number): boolean {
  let isClear = true;
  for (const task of [...tx.find(tasks, 'liveByContainerInstance', row.arn)]) {
    if (task.daemonArn !== undefined) continue;
    isClear = false;
    const stop = { stopCode: 'ServiceSchedulerInitiated', reason: row.statusReason ?? '', nowMs } as const;
    if (task.desiredStatus === 'RUNNING') tx.put(tasks, requestStop(task, stop));
  }
  return isClear;
}

function step(tx: Tx, row: ContainerInstanceRow, nowMs: number): void {
  const { drainedForDaemon, statusReason, ...rest } = row;
  const version = row.version + 1;
  if (drainedForDaemon !== undefined && row.status === 'DRAINING') {
    if (clear(tx, row, nowMs)) tx.put(containerInstances, { ...rest, status: 'REGISTERING', version });
  } else if (drainedForDaemon !== undefined) {
    tx.put(containerInstances, { ...rest, version });
  } else if (row.status === 'REGISTERING' && isReady(tx, row)) {
    tx.put(containerInstances, { ...rest, status: 'ACTIVE', version });
  }
}

export function createInstanceReadinessReconciler({ store, clock }: ReadinessDeps): Reconciler {
  return {
    name: 'instance-readiness',
    *wokenBy(change) {
      const task = changeOf(tasks, change);
      if (task) {
        const arn = (task.after ?? task.before)!.containerInstanceArn;
        if (arn !== undefined && isWaiting(store.get(containerInstances, arn))) yield arn;
        return;
      }
      const instance = changeOf(containerInstances, change);
      if (instance && isWaiting(instance.after)) yield instance.key;
      const daemon = changeOf(daemons, change);
      if (!daemon) return;
      const { clusterArn } = (daemon.after ?? daemon.before)!;
      for (const row of store.find(containerInstances, 'waitingForDaemons', clusterArn)) yield row.arn;
    },
    *all() {
      for (const row of store.all(containerInstances)) if (isWaiting(row)) yield row.arn;
    },
    reconcile(address) {
      store.transact((tx) => {
        const row = tx.get(containerInstances, address);
        if (row && isWaiting(row)) step(tx, row, clock.now());
      });
      return undefined;
    },
  };
}

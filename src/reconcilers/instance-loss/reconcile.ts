/**
 * Marks container instances whose agent has been away for `instanceLossMs` as lost (`lostAt`), and those whose agent is
 * back as not lost. What that means for tasks is the schedulers' business; nothing else is changed here. Time counts from
 * the start of this process at the earliest: while no control plane runs, no agent can be connected.
 */
import type { Clock } from '#lib/clock.ts';
import type { ContainerInstanceRow } from '#model/rows.ts';
import { changeOf, type Store } from '#store/store.ts';
import { containerInstances } from '#store/tables/ecs.ts';
import type { Reconciler } from '../driver.ts';

export interface InstanceLossDeps {
  readonly store: Store;
  readonly clock: Clock;
  /** 0: never lost. */
  readonly instanceLossMs: number;
}

const isGone = (row: ContainerInstanceRow) => row.status === 'INACTIVE';

export function createInstanceLossReconciler(deps: InstanceLossDeps): Reconciler {
  const { store, clock, instanceLossMs } = deps;
  const startedMs = clock.now();
  const concerns = (row: ContainerInstanceRow) => !isGone(row) && (!row.agentConnected || row.lostAt !== undefined);
  return {
    name: 'instance-loss',
    *wokenBy(change) {
      const instance = changeOf(containerInstances, change);
      if (!instance?.after || instance.before?.agentConnected === instance.after.agentConnected) return;
      if (concerns(instance.after)) yield instance.key;
    },
    *all() {
      for (const row of store.all(containerInstances)) if (concerns(row)) yield row.arn;
    },
    reconcile(address) {
      const row = store.get(containerInstances, address);
      if (!row || !concerns(row)) return undefined;
      const nowMs = clock.now();
      const dueMs = Math.max(row.agentConnectionChangedAt, startedMs) + instanceLossMs;
      const isAway = !row.agentConnected && instanceLossMs > 0;
      if (isAway && nowMs < dueMs) return dueMs;
      if (isAway === (row.lostAt !== undefined)) return undefined;
      store.transact((tx) => tx.put(containerInstances, { ...row, lostAt: isAway ? nowMs : undefined }));
      return undefined;
    },
  };
}

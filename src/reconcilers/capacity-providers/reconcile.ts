/**
 * Ends what UpdateCapacityProvider and DeleteCapacityProvider begin. No Auto Scaling group is touched.
 *
 *   UPDATE_IN_PROGRESS → UPDATE_COMPLETE   with the settings that were asked for
 *   DELETE_IN_PROGRESS → DELETE_COMPLETE   and status INACTIVE
 */
import type { Clock } from '#lib/clock.ts';
import type { CapacityProviderRow } from '#model/capacity-provider.ts';
import { changeOf, type Store } from '#store/store.ts';
import { capacityProviders } from '#store/tables/ecs.ts';
import type { Reconciler } from '../driver.ts';

export interface CapacityProviderReconcilerDeps {
  readonly store: Store;
  readonly clock: Clock;
}

/** The row when its change is over; the same row when none is under way. Pure. */
export function endChange(row: CapacityProviderRow, nowMs: number): CapacityProviderRow {
  const { nextAutoScalingGroupProvider: next, ...rest } = row;
  switch (row.updateStatus) {
    case 'UPDATE_IN_PROGRESS':
      return {
        ...rest,
        autoScalingGroupProvider: next ?? row.autoScalingGroupProvider,
        updateStatus: 'UPDATE_COMPLETE',
      };
    case 'DELETE_IN_PROGRESS':
      return { ...rest, status: 'INACTIVE', updateStatus: 'DELETE_COMPLETE', inactiveAt: nowMs };
    default:
      return row;
  }
}

export function createCapacityProviderReconciler({ store, clock }: CapacityProviderReconcilerDeps): Reconciler {
  return {
    name: 'capacity-provider',
    *wokenBy(change) {
      const row = changeOf(capacityProviders, change)?.after;
      if (row?.updateStatus?.endsWith('_IN_PROGRESS')) yield row.arn;
    },
    *all() {
      for (const row of store.find(capacityProviders, 'changing', 'changing')) yield row.arn;
    },
    reconcile(address) {
      store.transact((tx) => {
        const row = tx.get(capacityProviders, address);
        const next = row && endChange(row, clock.now());
        if (next && next !== row) tx.put(capacityProviders, next);
      });
      return undefined;
    },
  };
}

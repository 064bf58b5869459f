/** The reconcilers that run in a control plane. */
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { Random } from '#lib/random.ts';
import type { Store } from '#store/store.ts';
import { createCapacityProviderReconciler } from './capacity-providers/reconcile.ts';
import { Driver } from './driver.ts';
import { createReaper } from './reapers/reap.ts';
import { createServiceReconciler } from './service/reconcile.ts';

export interface ReconcilerDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export function startReconcilers(deps: ReconcilerDeps): { close(): void } {
  return new Driver(deps, [createServiceReconciler(deps), createReaper(deps), createCapacityProviderReconciler(deps)]);
}

/** Drops what the ECR APIs leave behind: uploads of the layers API that nobody ends, and old previews of policies. */
import type { Clock } from '#lib/clock.ts';
import type { Store } from '#store/store.ts';
import { layerUploads, lifecyclePreviews } from '#store/tables/ecr.ts';
import type { Reconciler } from '../driver.ts';

/** Shorter: slow uploads are cut off; longer: rows linger. */
const KEPT_MS = 24 * 3_600_000;
const PASS_EVERY_MS = 600_000;

export function createLeftoversReconciler(deps: { readonly store: Store; readonly clock: Clock }): Reconciler {
  const { store, clock } = deps;
  return {
    name: 'lifecycle-leftovers',
    wokenBy: () => [],
    all: () => ['everything'],
    reconcile() {
      const before = clock.now() - KEPT_MS;
      store.transact((tx) => {
        for (const row of [...tx.all(layerUploads)]) if (row.createdAt <= before) tx.delete(layerUploads, row.id);
        for (const row of [...tx.all(lifecyclePreviews)]) {
          if (row.startedAt <= before) tx.delete(lifecyclePreviews, row.repositoryArn);
        }
      });
      return clock.now() + PASS_EVERY_MS;
    },
  };
}

/**
 * Evaluates the lifecycle policies of repositories, each once an hour; ECR promises a day. A pass over a repository whose
 * policy has nothing to do writes only when it was made.
 */
import { runLifecycle } from '#images/lifecycle/apply.ts';
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { RepositoryRow } from '#model/ecr.ts';
import { changeOf, type Store } from '#store/store.ts';
import { repositories } from '#store/tables/ecr.ts';
import type { Reconciler } from '../driver.ts';

export interface LifecycleDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly intervalMs: number;
}

/** When the repository's policy is to be evaluated; undefined when it has none. Pure. */
export function nextEvaluation(
  row: Pick<RepositoryRow, 'lifecyclePolicyText' | 'lifecycleEvaluatedAt'> | undefined,
  nowMs: number,
  intervalMs: number,
): number | undefined {
  if (row?.lifecyclePolicyText === undefined) return undefined;
  return row.lifecycleEvaluatedAt === undefined ? nowMs : row.lifecycleEvaluatedAt + intervalMs;
}

export function createLifecycleReconciler(deps: LifecycleDeps): Reconciler {
  const { store, clock, logger, intervalMs } = deps;
  return {
    name: 'lifecycle',
    *wokenBy(change) {
      const of = changeOf(repositories, change);
      if (of?.after && of.after.lifecyclePolicyText !== of.before?.lifecyclePolicyText) yield of.key;
    },
    isUrgent: () => false,
    *all() {
      for (const row of store.find(repositories, 'withLifecyclePolicy', 'lifecycle')) yield row.arn;
    },
    reconcile(arn) {
      const nowMs = clock.now();
      const row = store.get(repositories, arn);
      const dueMs = nextEvaluation(row, nowMs, intervalMs);
      if (row === undefined || dueMs === undefined || dueMs > nowMs) return dueMs;
      const { done, isAll } = store.transact((tx) => {
        const run = runLifecycle(tx, deps, row);
        if (run.isAll) tx.put(repositories, { ...row, lifecycleEvaluatedAt: nowMs });
        return run;
      });
      if (done.length > 0) {
        const expired = done.filter((one) => one.action === 'EXPIRE').length;
        logger.info('a lifecycle policy acted', { repository: arn, expired, archived: done.length - expired });
      }
      return isAll ? nowMs + intervalMs : nowMs;
    },
  };
}

/** The reconcilers that run in a control plane. */
import type { ImageLimits } from '#images/blobs.ts';
import type { RemoteReplication } from '#images/replication/remote.ts';
import { fleets } from '#launch/fleets.ts';
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { Random } from '#lib/random.ts';
import type { Scanning } from '#scanning/scanning.ts';
import type { Store } from '#store/store.ts';
import { createCapacityProviderReconciler } from './capacity-providers/reconcile.ts';
import { createDaemonReconciler } from './daemon/reconcile.ts';
import { Driver } from './driver.ts';
import { createExpirationReconciler } from './expirations/reconcile.ts';
import { createImageScansReconciler } from './image-scans/reconcile.ts';
import { createInstanceLossReconciler } from './instance-loss/reconcile.ts';
import { createLifecycleReconciler } from './lifecycle/reconcile.ts';
import { createLeftoversReconciler } from './lifecycle-leftovers/reconcile.ts';
import { createInstanceReadinessReconciler } from './managed-daemons/readiness.ts';
import { createManagedDaemonReconciler } from './managed-daemons/reconcile.ts';
import { createReaper } from './reapers/reap.ts';
import { createBackfillReconciler } from './replication/backfill.ts';
import { createReplicationReconciler } from './replication/reconcile.ts';
import { failDeployment, standDeployments } from './service/deployments.ts';
import { createServiceReconciler } from './service/reconcile.ts';
import { defaultSettings, type SchedulerSettings } from './settings.ts';

export interface ReconcilerDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly settings?: Partial<SchedulerSettings>;
  /** Without one nothing sees to scans of images. */
  readonly scanner?: Pick<Scanning, 'scan' | 'concurrency'>;
  /** Registries elsewhere that images are replicated to. */
  readonly remote?: RemoteReplication;
  /** Quotas of registries that hold. */
  readonly imageLimits?: ImageLimits;
}

export function startReconcilers(deps: ReconcilerDeps): { close(): void } {
  const settings = { ...defaultSettings, ...deps.settings };
  const { instanceLossMs } = settings;
  // Made before anything is launched, so that the first launch after a start does not wait for it.
  deps.store.derived(fleets);
  const { scanner } = deps;
  const imageScans = scanner && createImageScansReconciler({ ...deps, scanner });
  const replication = createReplicationReconciler({ ...deps, ...(deps.imageLimits && { limits: deps.imageLimits }) });
  const driver = new Driver(deps, [
    // Daemons come first: what else belongs on a new instance takes the room that they leave.
    createManagedDaemonReconciler(deps),
    createInstanceReadinessReconciler(deps),
    createDaemonReconciler({ ...deps, deployments: { failDeployment, standDeployments } }),
    createServiceReconciler({ ...deps, settings }),
    createInstanceLossReconciler({ ...deps, instanceLossMs }),
    createReaper(deps),
    createExpirationReconciler(deps),
    createCapacityProviderReconciler(deps),
    createLifecycleReconciler({ ...deps, intervalMs: settings.lifecycleIntervalMs }),
    createLeftoversReconciler(deps),
    ...(imageScans ? [imageScans] : []),
    replication,
    createBackfillReconciler({ ...deps, isRunning: replication.isRunning }),
  ]);
  replication.onSettled((key) => driver.wake(replication, key));
  imageScans?.onFree(() => driver.wake(imageScans, 'queue'));
  return {
    close() {
      driver.close();
      imageScans?.close();
      replication.close();
    },
  };
}

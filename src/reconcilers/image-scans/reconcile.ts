/**
 * Sees to it that every scan that a row asks for is made, a few at a time, and that images that are scanned continuously
 * are scanned again when what scanners know has changed.
 *
 * Addresses: `queue`, all scans that are to be made; `repository <arn>`, its images that may be due. What runs is known in
 * memory only: after a restart the rows still ask for it.
 */
import { isScannable, requestScan, scanningOfRepository } from '#images/image-scans.ts';
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import { type ImageRow, registryKey } from '#model/ecr.ts';
import type { RegistryRow } from '#model/ecr-registry.ts';
import type { ImageScanResult, ImageScanRow } from '#model/image-scan.ts';
import { ScanFailure } from '#scanning/report.ts';
import type { Scanning } from '#scanning/scanning.ts';
import { changeOf, type Store } from '#store/store.ts';
import { imageScans, images, registries, repositories, scanSources } from '#store/tables/ecr.ts';
import type { Reconciler } from '../driver.ts';
import { failed, isDue, planQueue, succeeded } from './plan.ts';

export interface ImageScansDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly scanner: Pick<Scanning, 'scan' | 'concurrency'>;
}

export interface ImageScansReconciler extends Reconciler {
  /** `wake` is called when a scan is over and the queue may go on. */
  onFree(wake: () => void): void;
  /** Stops what runs; the rows go on asking for it. */
  close(): void;
}

/** More: requests wait longer behind a large repository; fewer: more passes over it. */
const requestsPerPass = 500;

const queue = 'queue';
const ofRepository = 'repository ';

export function createImageScansReconciler(deps: ImageScansDeps): ImageScansReconciler {
  const { store, clock, logger, scanner } = deps;
  const running = new Map<string, { readonly generation: number; readonly abort: AbortController }>();
  let closed = false;
  let wake = () => {};

  /** Takes note of what a scan gave, unless it was asked for anew meanwhile. */
  const settle = (request: ImageScanRow, change: (row: ImageScanRow) => ImageScanRow) => {
    running.delete(request.key);
    if (closed) return;
    try {
      store.transact((tx) => {
        const row = tx.get(imageScans, request.key);
        if (row?.generation === request.generation && row.wanted) tx.put(imageScans, change(row));
      });
    } finally {
      wake();
    }
  };

  const start = (request: ImageScanRow, image: ImageRow) => {
    const abort = new AbortController();
    running.set(request.key, { generation: request.generation, abort });
    const fields = { repository: request.repositoryArn, digest: request.digest };
    const onResult = (result: ImageScanResult) => {
      settle(request, (row) => succeeded(row, result));
      logger.info('an image was scanned', { ...fields, engine: result.engine, counts: result.counts });
    };
    const onFailure = (error: unknown) => {
      const kind = error instanceof ScanFailure ? error.kind : 'TRANSIENT';
      const reason = (error as Error).message;
      settle(request, (row) => failed(row, { kind, reason }, store.get(scanSources, 'current'), clock.now()));
      if (!closed) logger.warn('a scan failed', { ...fields, kind, reason });
    };
    scanner
      .scan(image, request, abort.signal)
      .then(onResult, onFailure)
      .catch((error: unknown) => logger.error('the end of a scan could not be noted', { ...fields, error }));
  };

  function* wanted(): Generator<ImageScanRow> {
    yield* store.find(imageScans, 'wanted', 'NOW');
    yield* store.find(imageScans, 'wanted', 'LATER');
  }

  const reconcileQueue = (): number | undefined => {
    if (closed) return undefined;
    for (const [key, { generation, abort }] of running) {
      const row = store.get(imageScans, key);
      if (row?.generation !== generation || !row.wanted) abort.abort();
    }
    const plan = planQueue(wanted(), running, scanner.concurrency, clock.now());
    for (const row of plan.start) {
      const image = store.get(images, row.key);
      if (image && isScannable(image)) start(row, image);
      else store.transact((tx) => tx.delete(imageScans, row.key));
    }
    return plan.dueMs;
  };

  const reconcileRepository = (arn: string): number | undefined => {
    const repository = store.get(repositories, arn);
    if (repository?.kind !== 'private') return undefined;
    const { scanType, scanFrequency } = scanningOfRepository(store, repository);
    if (scanType !== 'ENHANCED' || scanFrequency !== 'CONTINUOUS_SCAN') return undefined;
    const source = store.get(scanSources, 'current');
    const due: ImageRow[] = [];
    for (const image of store.find(images, 'byRepository', arn)) {
      if (!isScannable(image) || !isDue(image, store.get(imageScans, image.key), source)) continue;
      due.push(image);
      if (due.length === requestsPerPass) break;
    }
    if (due.length === 0) return undefined;
    store.transact((tx) => {
      for (const image of due) requestScan(tx, deps, image, { scanType: 'ENHANCED', wanted: 'LATER' });
    });
    return due.length === requestsPerPass ? clock.now() : undefined;
  };

  function* repositoriesOf(registry: RegistryRow): Generator<string> {
    if (registry.scanning?.scanType !== 'ENHANCED') return;
    const { account, region } = registry;
    const key = registryKey({ kind: 'private', account, region });
    for (const { arn } of store.find(repositories, 'byRegistry', key)) yield `${ofRepository}${arn}`;
  }

  function* continuous(): Generator<string> {
    for (const registry of store.all(registries)) yield* repositoriesOf(registry);
  }

  return {
    name: 'image-scans',
    *wokenBy(change) {
      if (changeOf(imageScans, change)) yield queue;
      else if (changeOf(scanSources, change)) yield* continuous();
      else {
        const registry = changeOf(registries, change);
        if (registry?.after && registry.after.scanning !== registry.before?.scanning) {
          yield* repositoriesOf(registry.after);
        }
      }
    },
    isUrgent: (change) => change.table === imageScans.name,
    *all() {
      yield queue;
      yield* continuous();
    },
    reconcile: (address) =>
      address === queue ? reconcileQueue() : reconcileRepository(address.slice(ofRepository.length)),
    onFree(listener) {
      wake = listener;
    },
    close() {
      closed = true;
      for (const { abort } of running.values()) abort.abort();
    },
  };
}

/**
 * Online garbage collection. Two kinds of garbage, one after the other:
 *
 *   a link    a row of `repositoryBlobs` that no image of its repository needs, for a grace after the last time that a push
 *             could have been told of it (`createdAt`; see images/blob-promises.ts). The row is deleted.
 *   a blob    bytes that no row of any repository of any account names. They are removed by the registry process, in the
 *             two steps of blob-store/leases.ts.
 *
 * The change feed names suspects when images or links are deleted, so that work depends on what is freed and not on how much
 * there is; a full pass over all rows and all blobs finds what a crash has left. Work is done in small slices; no push and
 * no pull ever waits for it.
 */
import type { Clock, Timer } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import { type ChangeSet, changeOf, type Store } from '#store/store.ts';
import { images, repositoryBlobs } from '#store/tables/ecr.ts';
import { maxLeaseMs } from '../blob-store/leases.ts';
import type { Remote } from '../process/rpc.ts';
import { createBlobCollector, type SweptBlobs } from './blobs.ts';
import type { GarbageHandlers } from './handlers.ts';
import { createLinkCollector, type SweptLinks } from './links.ts';
import { rules as ownRules, type Rules } from './rules.ts';

export interface GarbageSettings {
  /**
   * How long a layer stays without an image: from its upload, from the deletion of its last image, from the last time that
   * somebody asked whether it is there. Shorter: a slow push has to bring layers again; longer: space is freed later.
   */
  readonly graceMs: number;
  readonly sweepEveryMs: number;
  /** How long bytes are left alone after the last word about them, even when an operator says that nobody pushes. */
  readonly minLeaseMs: number;
}

/** As long as a registry token lasts: who was told that a layer is there cannot go on later with the same credentials. */
export const defaultSettings: GarbageSettings = {
  graceMs: 12 * 3_600_000,
  sweepEveryMs: 24 * 3_600_000,
  minLeaseMs: 60_000,
};

const tickMs = 10_000;
/** Before, every blob is leased by the start of the process. */
const firstSweepMs = maxLeaseMs + 60_000;

export interface GarbageReport {
  readonly dryRun: boolean;
  readonly graceMs: number;
  readonly links: SweptLinks;
  readonly blobs: SweptBlobs;
  readonly compactedBytes: number;
  /** The registry process did not answer: only links were looked at. */
  readonly incomplete: boolean;
}

export interface Collector {
  /** A full pass now; `graceMs` instead of the one that is set. In a dry run nothing changes. */
  run(request: { readonly dryRun: boolean; readonly graceMs?: number }): Promise<GarbageReport>;
  /** What is due; done every few seconds anyway. */
  tick(): Promise<void>;
  close(): void;
}

export interface CollectorDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The registry process when it lives; `start` starts one that does not. */
  readonly remote: (start: boolean) => Promise<Remote<GarbageHandlers> | undefined>;
  readonly settings?: Partial<GarbageSettings>;
  readonly rules?: Rules;
}

const noBlobs: SweptBlobs = { checked: 0, removed: 0, removedBytes: 0, leased: 0, failed: 0 };

export function startCollector(deps: CollectorDeps): Collector {
  const { store, clock, logger, remote, rules = ownRules } = deps;
  const settings = { ...defaultSettings, ...deps.settings };
  const links = createLinkCollector({ store, clock, rules, graceMs: settings.graceMs });
  const blobs = createBlobCollector({ store, clock, rules });
  let timer: Timer | undefined;
  let closed = false;
  const isClosed = () => closed;
  let nextSweepAt = clock.now() + Math.min(firstSweepMs, settings.sweepEveryMs);
  /** One thing at a time: a proposal takes the place of the one before. */
  let busy: Promise<unknown> = Promise.resolve();
  const exclusive = <T>(work: () => Promise<T>): Promise<T> => {
    const done = busy.then(work);
    busy = done.catch(() => {});
    return done;
  };

  const unsubscribe = store.subscribe('committed', ({ changes }: ChangeSet) => {
    for (const change of changes) {
      const image = changeOf(images, change);
      if (image?.before && !image.after) {
        links.imageDeleted(image.before);
        blobs.suspect(image.before.digest);
      }
      const link = changeOf(repositoryBlobs, change);
      if (link?.after) links.linked(link.after);
      else if (link?.before) blobs.suspect(link.before.digest);
    }
  });

  const sweep = async (graceMs: number, dryRun: boolean, start: boolean): Promise<GarbageReport> => {
    const swept = await links.sweep(graceMs, dryRun, isClosed);
    const one = await remote(start);
    if (!one) return { dryRun, graceMs, links: swept, blobs: noBlobs, compactedBytes: 0, incomplete: true };
    const leaseMs = Math.min(maxLeaseMs, Math.max(graceMs, settings.minLeaseMs));
    const found = await blobs.sweep(one, { leaseMs, dryRun, isClosed });
    const compactedBytes = dryRun ? 0 : await one.compact(undefined as never);
    return { dryRun, graceMs, links: swept, blobs: found, compactedBytes, incomplete: false };
  };

  const work = async (): Promise<void> => {
    const count = await links.unlinkDue(isClosed);
    if (count > 0) logger.info('layers that no image uses were taken out of their repositories', { count });
    const one = blobs.isDue ? await remote(false) : undefined;
    if (one) {
      const removed = await blobs.collectDue(one, isClosed);
      const compactedBytes = removed.count > 0 ? await one.compact(undefined as never) : 0;
      if (removed.count > 0) logger.info('blobs that nobody needs were removed', { ...removed, compactedBytes });
    }
    if (clock.now() < nextSweepAt) return;
    nextSweepAt = clock.now() + settings.sweepEveryMs;
    await sweep(settings.graceMs, false, false);
  };

  const tick = async (): Promise<void> => {
    try {
      await exclusive(work);
    } catch (error) {
      if (!closed) logger.warn('the garbage collection of the registry is tried again later', { error });
    }
  };
  const wait = () => {
    if (closed) return;
    timer = clock.after(tickMs, () => void tick().then(wait));
  };
  wait();

  return {
    run: ({ dryRun, graceMs = settings.graceMs }) => exclusive(() => sweep(graceMs, dryRun, true)),
    tick,
    close() {
      closed = true;
      timer?.cancel();
      unsubscribe();
    },
  };
}

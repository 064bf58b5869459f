/** Bytes that no row names: proposed to the registry process, looked for in the rows once more, removed. */
import type { Clock } from '#lib/clock.ts';
import type { Store } from '#store/store.ts';
import type { BlobStat } from '../blob-store/blob-store.ts';
import { maxLeaseMs } from '../blob-store/leases.ts';
import type { Remote } from '../process/rpc.ts';
import type { GarbageHandlers } from './handlers.ts';
import type { Rules } from './rules.ts';
import { Suspects } from './suspects.ts';
import { turn } from './turn.ts';

const blobsPerBatch = 200;

export interface SweptBlobs {
  readonly checked: number;
  readonly removed: number;
  readonly removedBytes: number;
  /** Nothing names them, but somebody may soon. */
  readonly leased: number;
  readonly failed: number;
}

interface Collected {
  readonly removed: readonly BlobStat[];
  readonly leased: readonly string[];
  readonly failed: number;
}

const nothing: Collected = { removed: [], leased: [], failed: 0 };

const bytesOf = (blobs: readonly BlobStat[]): number => blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);

export function createBlobCollector(deps: { readonly store: Store; readonly clock: Clock; readonly rules: Rules }) {
  const { store, clock, rules } = deps;
  const suspects = new Suspects();
  const later = (digests: readonly string[]) => {
    for (const digest of digests) suspects.add(digest, clock.now() + maxLeaseMs);
  };

  const collect = async (
    remote: Remote<GarbageHandlers>,
    digests: readonly string[],
    leaseMs: number,
    dryRun: boolean,
  ): Promise<Collected> => {
    const free = digests.filter((digest) => !rules.isReferenced(store, digest));
    if (free.length === 0) return nothing;
    const { accepted, leased } = await remote.propose({ digests: free, leaseMs });
    if (dryRun) return { removed: accepted, leased, failed: 0 };
    // Whoever waited for a blob's bytes makes its row now.
    await turn();
    const still = accepted.map(({ digest }) => digest).filter((digest) => !rules.isReferenced(store, digest));
    // No crash may bring rows back whose bytes are gone.
    await store.durable();
    return still.length === 0 ? { ...nothing, leased } : { leased, ...(await remote.collect({ digests: still })) };
  };

  return {
    suspect(digest: string): void {
      suspects.add(digest, clock.now());
    },

    get isDue(): boolean {
      return (suspects.nextDue ?? Number.POSITIVE_INFINITY) <= clock.now();
    },

    async collectDue(remote: Remote<GarbageHandlers>, isClosed: () => boolean) {
      let count = 0;
      let bytes = 0;
      for (;;) {
        const digests = suspects.take(clock.now(), blobsPerBatch);
        if (digests.length === 0 || isClosed()) return { count, bytes };
        try {
          const { removed, leased, failed } = await collect(remote, digests, maxLeaseMs, false);
          later(failed > 0 ? digests : leased);
          count += removed.length;
          bytes += bytesOf(removed);
        } catch (error) {
          later(digests);
          throw error;
        }
      }
    },

    async sweep(
      remote: Remote<GarbageHandlers>,
      options: { readonly leaseMs: number; readonly dryRun: boolean; readonly isClosed: () => boolean },
    ): Promise<SweptBlobs> {
      const { leaseMs, dryRun, isClosed } = options;
      const found = { checked: 0, removed: 0, removedBytes: 0, leased: 0, failed: 0 };
      const seen = new Set<string>();
      const take = async (digests: readonly string[]): Promise<void> => {
        const { removed, leased, failed } = await collect(remote, digests, leaseMs, dryRun);
        later(leased);
        for (const digest of digests) seen.add(digest);
        found.removed += removed.length;
        found.removedBytes += bytesOf(removed);
        found.leased += leased.length;
        found.failed += failed;
      };
      // What has just been freed, of which the other process need not know yet.
      const freed = dryRun ? suspects.keys() : suspects.take(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
      for (let at = 0; at < freed.length; at += blobsPerBatch) await take(freed.slice(at, at + blobsPerBatch));
      for (let restart = true; ; restart = false) {
        const { unreferenced, lookedAt, done } = await remote.sweep({ restart });
        found.checked += lookedAt;
        const digests = unreferenced.map(({ digest }) => digest).filter((digest) => !seen.has(digest));
        for (let at = 0; at < digests.length; at += blobsPerBatch) await take(digests.slice(at, at + blobsPerBatch));
        if (done || isClosed()) return found;
      }
    },
  };
}

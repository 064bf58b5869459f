/** Links that no image needs any more: found by the change feed, and by a pass over all rows. */
import { inRepository } from '#images/blobs.ts';
import type { Clock } from '#lib/clock.ts';
import type { ImageRow, RepositoryBlobRow } from '#model/ecr.ts';
import type { Store } from '#store/store.ts';
import { repositoryBlobs } from '#store/tables/ecr.ts';
import type { Rules } from './rules.ts';
import { Suspects } from './suspects.ts';
import { turn } from './turn.ts';

const linksPerSlice = 500;
const rowsPerSlice = 2_000;

export interface SweptLinks {
  readonly checked: number;
  readonly unlinked: number;
  /** Bytes of blobs that nothing else names. */
  readonly freedBytes: number;
  /** Unused, within their grace. */
  readonly waiting: number;
}

/** Keys of the rows of an image's blobs. */
const blobKeysOf = ({ repositoryArn, config, layers, children }: ImageRow): string[] =>
  [...(config ? [config] : []), ...layers, ...children].map(({ digest }) => inRepository(repositoryArn, digest));

export function createLinkCollector(deps: {
  readonly store: Store;
  readonly clock: Clock;
  readonly rules: Rules;
  readonly graceMs: number;
}) {
  const { store, clock, rules } = deps;
  const suspects = new Suspects();

  const isUnused = (row: RepositoryBlobRow, graceMs: number): boolean =>
    rules.isLinkUnused(store, row, graceMs, clock.now());
  const isInGrace = (row: RepositoryBlobRow): boolean => isUnused(row, Number.NEGATIVE_INFINITY);

  /** Deletes those that are still unused. */
  const unlink = (keys: readonly string[], graceMs: number): RepositoryBlobRow[] => {
    const unused = keys
      .map((key) => store.get(repositoryBlobs, key))
      .filter((row) => row !== undefined)
      .filter((row) => isUnused(row, graceMs));
    if (unused.length > 0) {
      store.transact((tx) => {
        for (const { key } of unused) tx.delete(repositoryBlobs, key);
      });
    }
    return unused;
  };

  /** Of rows that would be deleted together: bytes of blobs that only they name. */
  const freedBytes = (rows: readonly RepositoryBlobRow[], isDeleted: boolean): number => {
    const byDigest = new Map<string, number>();
    let bytes = 0;
    for (const { digest, sizeBytes } of rows) {
      const count = (byDigest.get(digest) ?? 0) + 1;
      byDigest.set(digest, count);
      const isLast = isDeleted ? count === 1 : count === store.count(repositoryBlobs, 'byDigest', digest);
      if (isLast && (!isDeleted || !rules.isReferenced(store, digest))) bytes += sizeBytes;
    }
    return bytes;
  };

  return {
    linked(row: RepositoryBlobRow): void {
      suspects.add(row.key, row.createdAt + deps.graceMs);
    },

    /** From the deletion of its last image on a blob's grace begins anew. */
    imageDeleted(image: ImageRow): void {
      const now = clock.now();
      const unused = blobKeysOf(image).filter((key) => {
        const row = store.get(repositoryBlobs, key);
        return row && row.createdAt < now && isInGrace(row);
      });
      if (unused.length === 0) return;
      store.transact((tx) => {
        for (const key of unused) tx.update(repositoryBlobs, key, (row) => ({ ...row, createdAt: now }));
      });
    },

    /** Deletes what is due; answers how many. */
    async unlinkDue(isClosed: () => boolean): Promise<number> {
      let count = 0;
      for (;;) {
        const keys = suspects.take(clock.now(), linksPerSlice);
        if (keys.length === 0 || isClosed()) return count;
        count += unlink(keys, deps.graceMs).length;
        await turn();
      }
    },

    async sweep(graceMs: number, dryRun: boolean, isClosed: () => boolean): Promise<SweptLinks> {
      let checked = 0;
      let waiting = 0;
      let freed = 0;
      const unused: RepositoryBlobRow[] = [];
      let unlinked = 0;
      for (let after: string | undefined; ; ) {
        const found: RepositoryBlobRow[] = [];
        let taken = 0;
        for (const row of store.all(repositoryBlobs, after)) {
          after = row.key;
          taken += 1;
          if (isUnused(row, graceMs)) found.push(row);
          else if (isInGrace(row)) {
            waiting += 1;
            suspects.add(row.key, row.createdAt + deps.graceMs);
          }
          if (taken === rowsPerSlice) break;
        }
        checked += taken;
        unlinked += found.length;
        if (dryRun) unused.push(...found);
        else {
          const keys = found.map(({ key }) => key);
          freed += freedBytes(unlink(keys, graceMs), true);
        }
        if (taken < rowsPerSlice || isClosed()) {
          return { checked, unlinked, waiting, freedBytes: dryRun ? freedBytes(unused, false) : freed };
        }
        await turn();
      }
    },
  };
}

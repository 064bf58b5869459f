/**
 * A push asks which blobs a repository has, leaves out those, and puts the manifest later. Whoever was told that a blob is
 * there must find it then: every such answer is a promise that holds for a collector's whole grace, counted from `createdAt`
 * of the blob's row. A blob that an image uses needs none; it begins to count when the last of its images is deleted.
 */
import type { RepositoryBlobRow } from '#model/ecr.ts';
import type { Session, Store, Tx, View } from '#store/store.ts';
import { images, repositoryBlobs } from '#store/tables/ecr.ts';
import { blobIn, type ImageDeps } from './blobs.ts';

/** Longer: a promise may be worth that much less than it says; shorter: more rows are written. */
const freshMs = 60_000;

/** Whether an image of the repository names the blob: as config or layer, or as an index's child. Key of its row. */
export const isBlobInUse = (view: View, key: string): boolean =>
  view.count(images, 'byBlob', key) > 0 || view.count(images, 'byChild', key) > 0;

/** Whether saying that the blob is there needs `promiseBlobs` first. */
export const needsPromise = (view: View, row: RepositoryBlobRow, nowMs: number): boolean =>
  row.createdAt + freshMs < nowMs && !isBlobInUse(view, row.key);

/** The row as if the blob had been uploaded now; undefined when the repository has it no more. */
export function promiseBlob(
  tx: Tx,
  deps: ImageDeps,
  repositoryArn: string,
  digest: string,
): RepositoryBlobRow | undefined {
  const row = blobIn(tx, repositoryArn, digest);
  return row && tx.put(repositoryBlobs, { ...row, createdAt: Math.max(row.createdAt, deps.clock.now()) });
}

/** Before it is said that these are there. */
export function promiseBlobs(
  deps: ImageDeps & { readonly store: Session | Store },
  repositoryArn: string,
  digests: readonly string[],
): void {
  const { store, clock } = deps;
  const now = clock.now();
  const needed = digests.filter((digest) => {
    const row = blobIn(store, repositoryArn, digest);
    return row && needsPromise(store, row, now);
  });
  if (needed.length === 0) return;
  store.transact((tx) => {
    for (const digest of needed) promiseBlob(tx, deps, repositoryArn, digest);
  });
}

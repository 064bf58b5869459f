/** What is garbage. Every answer takes constant time, from the indexes of the store. */
import { isBlobInUse } from '#images/blob-promises.ts';
import type { RepositoryBlobRow } from '#model/ecr.ts';
import type { View } from '#store/store.ts';
import { images, repositoryBlobs } from '#store/tables/ecr.ts';

/** Whether a repository of any account may serve these bytes, or has them as a manifest. */
export const isReferenced = (view: View, digest: string): boolean =>
  view.count(repositoryBlobs, 'byDigest', digest) > 0 || view.count(images, 'byDigest', digest) > 0;

/** Whether the repository has had no use for the blob, and nobody was told that it is there, for all of the grace. */
export const isLinkUnused = (view: View, row: RepositoryBlobRow, graceMs: number, nowMs: number): boolean =>
  row.createdAt + graceMs <= nowMs && !isBlobInUse(view, row.key);

export interface Rules {
  readonly isReferenced: typeof isReferenced;
  readonly isLinkUnused: typeof isLinkUnused;
}

export const rules: Rules = { isReferenced, isLinkUnused };

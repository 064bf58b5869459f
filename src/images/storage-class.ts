/** Archive and back. An archived image keeps its bytes, its tags and its place in the lists, and cannot be pulled. */
import type { ImageRow } from '#model/ecr.ts';
import type { Tx } from '#store/store.ts';
import { images, repositories } from '#store/tables/ecr.ts';
import type { ImageDeps } from './blobs.ts';
import { tagsOf } from './delete-image.ts';
import { replicateOnPush } from './replication/request.ts';

/** Restored at once: nothing has been moved to slower disks. */
export function activateImage(tx: Tx, deps: ImageDeps, image: ImageRow): ImageRow {
  if (image.status === 'ACTIVE') return image;
  const row = tx.put(images, { ...image, status: 'ACTIVE' as const, activatedAt: deps.clock.now() });
  const repository = tx.get(repositories, image.repositoryArn);
  if (repository) replicateOnPush(tx, deps, repository, { digest: image.digest, tags: tagsOf(tx, image) });
  return row;
}

export function archiveImage(tx: Tx, deps: ImageDeps, image: ImageRow): ImageRow {
  if (image.status === 'ARCHIVED') return image;
  return tx.put(images, { ...image, status: 'ARCHIVED', archivedAt: deps.clock.now() });
}

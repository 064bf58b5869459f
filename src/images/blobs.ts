/** Which blobs a repository may serve. A blob's bytes are stored once; a row here is the permission to have them. */
import type { Clock } from '#lib/clock.ts';
import { scopeKey, scopeOf } from '#model/arn.ts';
import type { RepositoryBlobRow } from '#model/ecr.ts';
import type { Tx, View } from '#store/store.ts';
import { registries, repositoryBlobs } from '#store/tables/ecr.ts';

/** Quotas of AWS that hold here, if any: most that there may be. Names are those of services/ecr/quotas.ts. */
export interface ImageLimits {
  readonly 'repositories-per-registry'?: number;
  readonly 'images-per-repository'?: number;
  readonly 'tags-per-image'?: number;
}

export interface ImageDeps {
  readonly clock: Clock;
  readonly limits?: ImageLimits;
}

export const inRepository = (repositoryArn: string, digest: string): string => `${repositoryArn}@${digest}`;

export const blobIn = (view: View, repositoryArn: string, digest: string): RepositoryBlobRow | undefined =>
  view.get(repositoryBlobs, inRepository(repositoryArn, digest));

export const isBlobIn = (view: View, repositoryArn: string, digest: string): boolean =>
  blobIn(view, repositoryArn, digest) !== undefined;

/**
 * The repository may serve the blob from now on. Again for one that is there already it renews `createdAt`, so that a
 * collector's grace for blobs without an image begins anew with every upload.
 */
export function linkBlob(
  tx: Tx,
  deps: ImageDeps,
  blob: { readonly repositoryArn: string; readonly digest: string; readonly sizeBytes: number },
): RepositoryBlobRow {
  const { repositoryArn, digest, sizeBytes } = blob;
  const row = {
    key: inRepository(repositoryArn, digest),
    repositoryArn,
    digest,
    sizeBytes,
    createdAt: deps.clock.now(),
  };
  return tx.put(repositoryBlobs, row);
}

/** As if every registry had turned it on: it costs nothing here, and OCI clients expect it. */
export const blobMountingDefault = 'ENABLED';

function mayMount(view: View, repositoryArn: string): boolean {
  const settings = view.get(registries, scopeKey(scopeOf(repositoryArn)))?.settings;
  return (settings?.BLOB_MOUNTING ?? blobMountingDefault) === 'ENABLED';
}

/**
 * Undefined when `from` has no such blob, or the registry of `to` has turned BLOB_MOUNTING off. Whether the caller may
 * read there is the caller's to ask.
 */
export function mountBlob(
  tx: Tx,
  deps: ImageDeps,
  mount: { readonly from: string; readonly to: string; readonly digest: string },
): RepositoryBlobRow | undefined {
  const blob = mayMount(tx, mount.to) ? blobIn(tx, mount.from, mount.digest) : undefined;
  return blob && linkBlob(tx, deps, { repositoryArn: mount.to, digest: blob.digest, sizeBytes: blob.sizeBytes });
}

/** Which blob store an installation has: the file system below its data directory, or a bucket. */
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { Random } from '#lib/random.ts';
import type { BlobStore } from './blob-store.ts';
import { leaveFree } from './fs/free-space.ts';

export interface S3Storage {
  readonly kind: 's3';
  readonly bucket: string;
  /** Without slashes at its ends; empty: the whole bucket is the registry's. */
  readonly prefix: string;
  readonly region: string;
  /** Undefined: Amazon S3 of the region. */
  readonly endpoint?: string;
  /** `http://host/bucket/key` instead of `http://bucket.host/key`. */
  readonly pathStyle: boolean;
  /** Pulls are sent to the bucket; `endpoint` is where clients reach it, when that is elsewhere than for Slipway. */
  readonly redirect?: { readonly endpoint?: string };
}

export type Storage = { readonly kind: 'fs' } | S3Storage;

export interface StorageDeps {
  /** Of the file system's store. */
  readonly directory: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Rejects when it cannot be read and written. */
export async function openStorage(storage: Storage, deps: StorageDeps): Promise<BlobStore> {
  if (storage.kind === 's3') {
    const { openS3BlobStore } = await import('./s3/s3-blob-store.ts');
    return openS3BlobStore({ ...deps, storage });
  }
  const { openFsBlobStore } = await import('./fs/fs-blob-store.ts');
  return openFsBlobStore({ ...deps, reserve: leaveFree(deps.directory) });
}

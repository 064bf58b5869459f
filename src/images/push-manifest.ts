/** A manifest that arrives through the AWS API: read, stored in the blob store, then born as an image. */
import type { RepositoryRow } from '#model/ecr.ts';
import type { Session } from '#store/store.ts';
import { repositories } from '#store/tables/ecr.ts';
import type { BlobGateway } from './blob-gateway.ts';
import type { ImageDeps } from './blobs.ts';
import { algorithmOf, digestOf } from './digest.ts';
import { type ManifestProblem, parseManifest } from './parse-manifest.ts';
import { type PutImageResult, putImage } from './put-image.ts';

export interface PushDeps extends ImageDeps {
  readonly store: Session;
  readonly blobs: BlobGateway;
}

export type PushResult =
  | PutImageResult
  | ManifestProblem
  | { readonly problem: 'DIGEST_MISMATCH'; readonly digest: string }
  /** Deleted meanwhile. */
  | { readonly problem: 'REPOSITORY_GONE' };

export async function pushManifest(
  deps: PushDeps,
  push: {
    readonly repository: RepositoryRow;
    readonly bytes: Buffer;
    readonly mediaType?: string | undefined;
    /** What the client says that the bytes hash to. */
    readonly digest?: string | undefined;
    readonly tag?: string | undefined;
  },
): Promise<PushResult> {
  const { repository, bytes, tag } = push;
  const parsed = parseManifest(bytes, push.mediaType);
  if ('problem' in parsed) return parsed;
  const algorithm = push.digest === undefined ? 'sha256' : algorithmOf(push.digest);
  const digest = digestOf(bytes, algorithm);
  if (push.digest !== undefined && push.digest !== digest) return { problem: 'DIGEST_MISMATCH', digest };
  await deps.blobs.write(bytes, algorithm);
  return deps.store.transact((tx) => {
    const current = tx.get(repositories, repository.arn);
    if (!current) return { problem: 'REPOSITORY_GONE' as const };
    return putImage(tx, deps, {
      repository: current,
      digest,
      manifestSizeBytes: bytes.byteLength,
      parsed,
      tags: tag === undefined ? [] : [tag],
    });
  });
}

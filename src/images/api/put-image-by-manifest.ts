/** PutImage of both services. https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImage.html */
import type { RepositoryRow } from '#model/ecr.ts';
import { type PushResult, pushManifest } from '../push-manifest.ts';
import type { PutImageDone } from '../put-image.ts';
import type { ImagesContext } from './context.ts';
import {
  digestDoesNotMatch,
  imageExists,
  invalidAt,
  layersNotFound,
  limitExceeded,
  referencedImagesNotFound,
  repositoryNotFound,
  tagExists,
} from './errors.ts';
import { withStorageErrors } from './storage-errors.ts';
import { checkDigest, checkLength, checkTagName } from './validate.ts';

interface PutImageInput {
  readonly imageManifest?: string | undefined;
  readonly imageManifestMediaType?: string | undefined;
  readonly imageTag?: string | undefined;
  readonly imageDigest?: string | undefined;
}

function requireDone(result: PushResult, repository: RepositoryRow, input: PutImageInput): PutImageDone {
  if ('problem' in result) {
    switch (result.problem) {
      case 'DIGEST_MISMATCH':
        throw digestDoesNotMatch(input.imageDigest!, result.digest);
      case 'REPOSITORY_GONE':
        throw repositoryNotFound(repository);
      case 'UNSUPPORTED_MEDIA_TYPE':
      case 'MEDIA_TYPE_MISMATCH':
        throw invalidAt('imageManifestMediaType', result.message);
      default:
        throw invalidAt('ImageManifest', `Invalid image manifest: ${result.message}`);
    }
  }
  switch (result.refused) {
    case 'TOO_MANY':
      throw limitExceeded(result.message);
    case 'TAG_IMMUTABLE':
      throw tagExists(repository, result.tag);
    case 'BLOB_UNKNOWN':
      throw layersNotFound(repository, result.digests);
    case 'CHILD_UNKNOWN':
      throw referencedImagesNotFound(repository, result.digests);
    case undefined:
      if (result.outcome === 'unchanged') throw imageExists(repository, result.image.digest, input.imageTag);
      return result;
  }
}

export function checkPutImage(input: PutImageInput): void {
  checkLength('imageManifest', input.imageManifest!, 1, 4_194_304);
  if (input.imageTag !== undefined) checkTagName('imageTag', input.imageTag);
  if (input.imageDigest !== undefined) checkDigest('imageDigest', input.imageDigest);
}

export async function putImageByManifest(ctx: ImagesContext, repository: RepositoryRow, input: PutImageInput) {
  const { imageTag } = input;
  const imageManifest = input.imageManifest!;
  const push = {
    repository,
    bytes: Buffer.from(imageManifest),
    mediaType: input.imageManifestMediaType,
    digest: input.imageDigest,
    tag: imageTag,
  };
  const { blobs, limits } = ctx.deps;
  const deps = { store: ctx.store, clock: ctx.clock, blobs, ...(limits && { limits }) };
  const result = await withStorageErrors(pushManifest(deps, push));
  const { image } = requireDone(result, repository, input);
  return {
    registryId: repository.account,
    repositoryName: repository.name,
    imageId: { imageDigest: image.digest, ...(imageTag !== undefined && { imageTag }) },
    imageManifest,
    imageManifestMediaType: image.mediaType,
  };
}

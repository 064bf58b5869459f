/** The layers API of both services, below what names the repository. */
import type { RepositoryRow } from '#model/ecr.ts';
import { completeLayerUpload, layerPartBytes, startLayerUpload, uploadLayerPart } from '../layer-uploads.ts';
import { type ImagesContext, layerDeps } from './context.ts';
import { invalidAt } from './errors.ts';
import { layerError } from './layers.ts';
import { withStorageErrors } from './storage-errors.ts';
import { checkCount, checkDigest } from './validate.ts';

const named = (repository: RepositoryRow) => ({ registryId: repository.account, repositoryName: repository.name });

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_InitiateLayerUpload.html */
export async function initiateLayer(ctx: ImagesContext, repository: RepositoryRow) {
  const upload = await withStorageErrors(startLayerUpload(layerDeps(ctx), repository.arn));
  return { uploadId: upload.id, partSize: layerPartBytes };
}

interface PartInput {
  readonly uploadId?: string | undefined;
  readonly partFirstByte?: number | undefined;
  readonly partLastByte?: number | undefined;
  readonly layerPartBlob?: Uint8Array | undefined;
}

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_UploadLayerPart.html */
export async function uploadPart(ctx: ImagesContext, repository: RepositoryRow, input: PartInput) {
  const uploadId = input.uploadId!;
  for (const name of ['partFirstByte', 'partLastByte'] as const) {
    if (input[name]! < 0) throw invalidAt(name, 'must be greater than or equal to 0');
  }
  const part = {
    repositoryArn: repository.arn,
    uploadId,
    firstByte: input.partFirstByte!,
    lastByte: input.partLastByte!,
    bytes: input.layerPartBlob!,
  };
  const result = await withStorageErrors(uploadLayerPart(layerDeps(ctx), part));
  if (result.refused) throw layerError(result, repository, uploadId);
  return { ...named(repository), uploadId, lastByteReceived: result.lastByteReceived };
}

/**
 * Of several digests (of one content in several algorithms) the first is taken.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CompleteLayerUpload.html
 */
export async function completeLayer(
  ctx: ImagesContext,
  repository: RepositoryRow,
  input: { readonly uploadId?: string | undefined; readonly layerDigests?: readonly string[] | undefined },
) {
  const uploadId = input.uploadId!;
  checkCount('layerDigests', input.layerDigests!, 1, 100);
  const digest = checkDigest('layerDigests.1.member', input.layerDigests![0]!);
  const request = { repositoryArn: repository.arn, uploadId, digest };
  const result = await withStorageErrors(completeLayerUpload(layerDeps(ctx), request));
  if (result.refused) throw layerError(result, repository, uploadId, digest);
  return { ...named(repository), uploadId, layerDigest: result.digest };
}

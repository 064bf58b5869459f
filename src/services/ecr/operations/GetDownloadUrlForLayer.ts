import type { GetDownloadUrlForLayerCommandInput, GetDownloadUrlForLayerCommandOutput } from '@aws-sdk/client-ecr';
import { layerInaccessible, layerNotFound } from '#images/api/errors.ts';
import { checkDigest } from '#images/api/validate.ts';
import { isBlobIn } from '#images/blobs.ts';
import { availabilityOf } from '#images/layer-availability.ts';
import type { EcrOperation } from '../context.ts';
import { requireRepository } from '../resolve.ts';

const lifetimeMs = 3_600_000;

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetDownloadUrlForLayer.html */
export const GetDownloadUrlForLayer: EcrOperation<
  GetDownloadUrlForLayerCommandInput,
  GetDownloadUrlForLayerCommandOutput
> = (ctx, input) => {
  const layerDigest = checkDigest('layerDigest', input.layerDigest!);
  const repository = requireRepository(ctx.store, ctx, input);
  if (!isBlobIn(ctx.store, repository.arn, layerDigest)) throw layerNotFound(repository, layerDigest);
  const { availability, isReferenced } = availabilityOf(ctx.store, repository.arn, layerDigest);
  if (!isReferenced || availability === 'ARCHIVED') throw layerInaccessible(repository, layerDigest);
  return { downloadUrl: ctx.deps.blobs.presignedUrl(layerDigest, ctx.endpoint, lifetimeMs), layerDigest };
};

/** BatchCheckLayerAvailability of both services. https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchCheckLayerAvailability.html */
import type { RepositoryRow } from '#model/ecr.ts';
import type { View } from '#store/store.ts';
import { promiseBlobs } from '../blob-promises.ts';
import { blobIn } from '../blobs.ts';
import { isDigest } from '../digest.ts';
import { availabilityOf } from '../layer-availability.ts';
import type { ImagesContext } from './context.ts';
import { checkCount } from './validate.ts';

interface LayerFailure {
  readonly layerDigest?: string;
  readonly failureCode: 'MissingLayerDigest' | 'InvalidLayerDigest';
  readonly failureReason: string;
}

interface Layer {
  readonly layerDigest: string;
  readonly layerAvailability: 'AVAILABLE' | 'UNAVAILABLE' | 'ARCHIVED';
  readonly layerSize?: number;
  readonly mediaType?: string;
}

function failureOf(layerDigest: string): LayerFailure | undefined {
  if (layerDigest === '') {
    return { failureCode: 'MissingLayerDigest', failureReason: 'Invalid request parameters: layer digest is missing' };
  }
  if (isDigest(layerDigest)) return undefined;
  const rule = "layer digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'";
  return { layerDigest, failureCode: 'InvalidLayerDigest', failureReason: `Invalid request parameters: ${rule}` };
}

function viewLayer(view: View, repository: RepositoryRow, layerDigest: string): Layer {
  const blob = blobIn(view, repository.arn, layerDigest);
  if (!blob) return { layerDigest, layerAvailability: 'UNAVAILABLE' };
  const { availability, mediaType } = availabilityOf(view, repository.arn, layerDigest);
  return {
    layerDigest,
    layerAvailability: availability,
    layerSize: blob.sizeBytes,
    ...(mediaType !== undefined && { mediaType }),
  };
}

export function checkLayers(
  ctx: Pick<ImagesContext, 'store' | 'clock'>,
  repository: RepositoryRow,
  digests: readonly string[],
) {
  checkCount('layerDigests', digests, 1, 100);
  const layers: Layer[] = [];
  const failures: LayerFailure[] = [];
  for (const digest of digests) {
    const failure = failureOf(digest);
    if (failure) failures.push(failure);
    else layers.push(viewLayer(ctx.store, repository, digest));
  }
  const found = layers.filter(({ layerAvailability }) => layerAvailability !== 'UNAVAILABLE');
  const promised = found.map(({ layerDigest }) => layerDigest);
  promiseBlobs(ctx, repository.arn, promised);
  return { layers, failures };
}

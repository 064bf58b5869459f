import type {
  BatchCheckLayerAvailabilityCommandInput,
  BatchCheckLayerAvailabilityCommandOutput,
} from '@aws-sdk/client-ecr-public';
import { checkLayers } from '#images/api/check-layers.ts';
import type { PublicOperation } from '../context.ts';
import { requireRepository } from '../resolve.ts';

/** Nothing is archived in public registries. https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_BatchCheckLayerAvailability.html */
export const BatchCheckLayerAvailability: PublicOperation<
  BatchCheckLayerAvailabilityCommandInput,
  BatchCheckLayerAvailabilityCommandOutput
> = (ctx, input) => {
  const { layers, failures } = checkLayers(ctx, requireRepository(ctx.store, ctx, input), input.layerDigests!);
  return {
    layers: layers.map(({ layerAvailability, ...layer }) => ({
      ...layer,
      layerAvailability: layerAvailability === 'AVAILABLE' ? 'AVAILABLE' : 'UNAVAILABLE',
    })),
    failures,
  };
};

import type {
  BatchCheckLayerAvailabilityCommandInput,
  BatchCheckLayerAvailabilityCommandOutput,
} from '@aws-sdk/client-ecr';
import { checkLayers } from '#images/api/check-layers.ts';
import type { EcrOperation } from '../context.ts';
import { requireRepository } from '../resolve.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchCheckLayerAvailability.html */
export const BatchCheckLayerAvailability: EcrOperation<
  BatchCheckLayerAvailabilityCommandInput,
  BatchCheckLayerAvailabilityCommandOutput
> = (ctx, input) => checkLayers(ctx, requireRepository(ctx.store, ctx, input), input.layerDigests!);

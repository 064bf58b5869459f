import type { CompleteLayerUploadCommandInput, CompleteLayerUploadCommandOutput } from '@aws-sdk/client-ecr';
import { completeLayer } from '#images/api/layer-operations.ts';
import type { EcrOperation } from '../context.ts';
import { requireRepository } from '../resolve.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CompleteLayerUpload.html */
export const CompleteLayerUpload: EcrOperation<CompleteLayerUploadCommandInput, CompleteLayerUploadCommandOutput> = (
  ctx,
  input,
) => completeLayer(ctx, requireRepository(ctx.store, ctx, input), input);

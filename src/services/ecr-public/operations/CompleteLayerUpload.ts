import type { CompleteLayerUploadCommandInput, CompleteLayerUploadCommandOutput } from '@aws-sdk/client-ecr-public';
import { completeLayer } from '#images/api/layer-operations.ts';
import type { PublicOperation } from '../context.ts';
import { requireRepository } from '../resolve.ts';

/** https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_CompleteLayerUpload.html */
export const CompleteLayerUpload: PublicOperation<CompleteLayerUploadCommandInput, CompleteLayerUploadCommandOutput> = (
  ctx,
  input,
) => completeLayer(ctx, requireRepository(ctx.store, ctx, input), input);

import type { InitiateLayerUploadCommandInput, InitiateLayerUploadCommandOutput } from '@aws-sdk/client-ecr';
import { initiateLayer } from '#images/api/layer-operations.ts';
import type { EcrOperation } from '../context.ts';
import { requireRepository } from '../resolve.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_InitiateLayerUpload.html */
export const InitiateLayerUpload: EcrOperation<InitiateLayerUploadCommandInput, InitiateLayerUploadCommandOutput> = (
  ctx,
  input,
) => initiateLayer(ctx, requireRepository(ctx.store, ctx, input));

import type { InitiateLayerUploadCommandInput, InitiateLayerUploadCommandOutput } from '@aws-sdk/client-ecr-public';
import { initiateLayer } from '#images/api/layer-operations.ts';
import type { PublicOperation } from '../context.ts';
import { requireRepository } from '../resolve.ts';

/** https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_InitiateLayerUpload.html */
export const InitiateLayerUpload: PublicOperation<InitiateLayerUploadCommandInput, InitiateLayerUploadCommandOutput> = (
  ctx,
  input,
) => initiateLayer(ctx, requireRepository(ctx.store, ctx, input));

import type { UploadLayerPartCommandInput, UploadLayerPartCommandOutput } from '@aws-sdk/client-ecr-public';
import { uploadPart } from '#images/api/layer-operations.ts';
import type { PublicOperation } from '../context.ts';
import { requireRepository } from '../resolve.ts';

/** https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_UploadLayerPart.html */
export const UploadLayerPart: PublicOperation<UploadLayerPartCommandInput, UploadLayerPartCommandOutput> = (
  ctx,
  input,
) => uploadPart(ctx, requireRepository(ctx.store, ctx, input), input);

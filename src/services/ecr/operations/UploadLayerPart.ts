import type { UploadLayerPartCommandInput, UploadLayerPartCommandOutput } from '@aws-sdk/client-ecr';
import { uploadPart } from '#images/api/layer-operations.ts';
import type { EcrOperation } from '../context.ts';
import { requireRepository } from '../resolve.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_UploadLayerPart.html */
export const UploadLayerPart: EcrOperation<UploadLayerPartCommandInput, UploadLayerPartCommandOutput> = (ctx, input) =>
  uploadPart(ctx, requireRepository(ctx.store, ctx, input), input);

import type { BatchDeleteImageCommandInput, BatchDeleteImageCommandOutput } from '@aws-sdk/client-ecr';
import { batchDeleteImages } from '#images/api/batch-delete-images.ts';
import { checkCount } from '#images/api/validate.ts';
import type { EcrOperation } from '../context.ts';
import { requireRepository } from '../resolve.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchDeleteImage.html */
export const BatchDeleteImage: EcrOperation<BatchDeleteImageCommandInput, BatchDeleteImageCommandOutput> = (
  ctx,
  input,
) => {
  checkCount('imageIds', input.imageIds!, 1, 100);
  return ctx.store.transact((tx) => batchDeleteImages(tx, requireRepository(tx, ctx, input), input.imageIds!));
};

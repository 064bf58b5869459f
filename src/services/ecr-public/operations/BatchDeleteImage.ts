import type { BatchDeleteImageCommandInput, BatchDeleteImageCommandOutput } from '@aws-sdk/client-ecr-public';
import { batchDeleteImages } from '#images/api/batch-delete-images.ts';
import { checkCount } from '#images/api/validate.ts';
import type { PublicOperation } from '../context.ts';
import { requireRepository } from '../resolve.ts';

/** https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_BatchDeleteImage.html */
export const BatchDeleteImage: PublicOperation<BatchDeleteImageCommandInput, BatchDeleteImageCommandOutput> = (
  ctx,
  input,
) => {
  checkCount('imageIds', input.imageIds!, 1, 100);
  return ctx.store.transact((tx) => batchDeleteImages(tx, requireRepository(tx, ctx, input), input.imageIds!));
};

import type { DescribeImagesCommandInput, DescribeImagesCommandOutput } from '@aws-sdk/client-ecr';
import { paginate, refusePaging } from '#images/api/pagination.ts';
import { checkCount } from '#images/api/validate.ts';
import { images } from '#store/tables/ecr.ts';
import type { EcrOperation } from '../context.ts';
import { imageFilter } from '../image-filter.ts';
import { requireImage, requireRepository } from '../resolve.ts';
import { viewImage } from '../views/image.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html */
export const DescribeImages: EcrOperation<DescribeImagesCommandInput, DescribeImagesCommandOutput> = (ctx, input) => {
  const keep = imageFilter(ctx.store, input.filter);
  const repository = requireRepository(ctx.store, ctx, input);
  if (input.imageIds) {
    checkCount('imageIds', input.imageIds, 1, 100);
    refusePaging(input, 'imageIds');
    const rows = new Set(input.imageIds.map((id) => requireImage(ctx.store, repository, id)));
    const kept = input.filter ? [...rows].filter(keep) : [...rows];
    return { imageDetails: kept.map((row) => viewImage(ctx.store, repository, row)) };
  }
  const page = paginate({
    request: input,
    walk: (after) => ctx.store.find(images, 'byRepository', repository.arn, after),
    key: (row) => row.key,
    keep,
    toItem: (row) => viewImage(ctx.store, repository, row),
  });
  return { imageDetails: page.items, ...(page.nextToken !== undefined && { nextToken: page.nextToken }) };
};

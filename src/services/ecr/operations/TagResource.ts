import type { TagResourceCommandInput, TagResourceCommandOutput } from '@aws-sdk/client-ecr';
import { checkTags } from '#images/api/validate.ts';
import { repositories } from '#store/tables/ecr.ts';
import type { EcrOperation } from '../context.ts';
import { requireRepositoryOfArn } from '../resolve.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_TagResource.html */
export const TagResource: EcrOperation<TagResourceCommandInput, TagResourceCommandOutput> = (ctx, input) => {
  ctx.store.transact((tx) => {
    const row = requireRepositoryOfArn(tx, ctx, input.resourceArn!);
    tx.put(repositories, { ...row, tags: checkTags(input.tags, row.tags) });
  });
  return {};
};

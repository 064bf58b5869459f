import type { TagResourceCommandInput, TagResourceCommandOutput } from '@aws-sdk/client-ecr-public';
import { checkTags } from '#images/api/validate.ts';
import { repositories } from '#store/tables/ecr.ts';
import type { PublicOperation } from '../context.ts';
import { requireRepositoryOfArn } from '../resolve.ts';

/** https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_TagResource.html */
export const TagResource: PublicOperation<TagResourceCommandInput, TagResourceCommandOutput> = (ctx, input) => {
  ctx.store.transact((tx) => {
    const row = requireRepositoryOfArn(tx, input.resourceArn!);
    tx.put(repositories, { ...row, tags: checkTags(input.tags, row.tags) });
  });
  return {};
};

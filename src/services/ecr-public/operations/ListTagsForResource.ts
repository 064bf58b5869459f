import type { ListTagsForResourceCommandInput, ListTagsForResourceCommandOutput } from '@aws-sdk/client-ecr-public';
import type { PublicOperation } from '../context.ts';
import { requireRepositoryOfArn } from '../resolve.ts';

/** https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_ListTagsForResource.html */
export const ListTagsForResource: PublicOperation<ListTagsForResourceCommandInput, ListTagsForResourceCommandOutput> = (
  ctx,
  input,
) => {
  const { tags } = requireRepositoryOfArn(ctx.store, input.resourceArn!);
  return { tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
};

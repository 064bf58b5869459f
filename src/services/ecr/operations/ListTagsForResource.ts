import type { ListTagsForResourceCommandInput, ListTagsForResourceCommandOutput } from '@aws-sdk/client-ecr';
import type { EcrOperation } from '../context.ts';
import { requireRepositoryOfArn } from '../resolve.ts';
import { viewTags } from '../views/repository.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListTagsForResource.html */
export const ListTagsForResource: EcrOperation<ListTagsForResourceCommandInput, ListTagsForResourceCommandOutput> = (
  ctx,
  input,
) => ({ tags: viewTags(requireRepositoryOfArn(ctx.store, ctx, input.resourceArn!).tags) });

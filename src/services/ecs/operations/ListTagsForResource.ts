import type { ListTagsForResourceCommandInput, ListTagsForResourceCommandOutput } from '@aws-sdk/client-ecs';
import type { EcsOperation } from '../context.ts';
import { findTagged } from '../tagged-resources.ts';

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTagsForResource.html */
export const ListTagsForResource: EcsOperation<ListTagsForResourceCommandInput, ListTagsForResourceCommandOutput> = (
  ctx,
  input,
) => ({ tags: [...findTagged(ctx.store, ctx, input.resourceArn).row.tags] });

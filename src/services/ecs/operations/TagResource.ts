import type { TagResourceCommandInput, TagResourceCommandOutput } from '@aws-sdk/client-ecs';
import type { EcsOperation } from '../context.ts';
import { findTagged, writeTags } from '../tagged-resources.ts';
import { mergeTags } from '../tags.ts';

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TagResource.html */
export const TagResource: EcsOperation<TagResourceCommandInput, TagResourceCommandOutput> = (ctx, input) => {
  ctx.store.transact((tx) => {
    const resource = findTagged(tx, ctx, input.resourceArn);
    writeTags(tx, resource, mergeTags(resource.row.tags, input.tags));
  });
  return {};
};

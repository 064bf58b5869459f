import type { UntagResourceCommandInput, UntagResourceCommandOutput } from '@aws-sdk/client-ecs';
import type { EcsOperation } from '../context.ts';
import { findTagged, writeTags } from '../tagged-resources.ts';
import { withoutTags } from '../tags.ts';

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UntagResource.html */
export const UntagResource: EcsOperation<UntagResourceCommandInput, UntagResourceCommandOutput> = (ctx, input) => {
  ctx.store.transact((tx) => {
    const resource = findTagged(tx, ctx, input.resourceArn);
    writeTags(tx, resource, withoutTags(resource.row.tags, input.tagKeys));
  });
  return {};
};

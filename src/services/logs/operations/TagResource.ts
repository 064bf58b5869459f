import type { TagResourceCommandInput, TagResourceCommandOutput } from '@aws-sdk/client-cloudwatch-logs';
import type { LogsOperation } from '../context.ts';
import { addTags, taggedGroup } from '../tagging.ts';
import { rules, Violations } from '../validate.ts';

export const TagResource: LogsOperation<TagResourceCommandInput, TagResourceCommandOutput> = (ctx, input) => {
  new Violations().text('resourceArn', input.resourceArn, rules.arn).tags('tags', input.tags).check();
  ctx.store.transact((tx) => addTags(tx, taggedGroup(tx, ctx, input.resourceArn!), input.tags!));
  return {};
};

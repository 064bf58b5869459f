import type {
  ListTagsForResourceCommandInput,
  ListTagsForResourceCommandOutput,
} from '@aws-sdk/client-cloudwatch-logs';
import type { LogsOperation } from '../context.ts';
import { taggedGroup } from '../tagging.ts';
import { rules, Violations } from '../validate.ts';

export const ListTagsForResource: LogsOperation<ListTagsForResourceCommandInput, ListTagsForResourceCommandOutput> = (
  ctx,
  input,
) => {
  new Violations().text('resourceArn', input.resourceArn, rules.arn).check();
  return { tags: { ...taggedGroup(ctx.store, ctx, input.resourceArn!).tags } };
};

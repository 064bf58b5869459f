import type { ListTagsLogGroupCommandInput, ListTagsLogGroupCommandOutput } from '@aws-sdk/client-cloudwatch-logs';
import type { LogsOperation } from '../context.ts';
import { findGroup } from '../resolve.ts';
import { rules, Violations } from '../validate.ts';

export const ListTagsLogGroup: LogsOperation<ListTagsLogGroupCommandInput, ListTagsLogGroupCommandOutput> = (
  ctx,
  input,
) => {
  new Violations().text('logGroupName', input.logGroupName, rules.logGroupName).check();
  return { tags: { ...findGroup(ctx.store, ctx, input.logGroupName!).tags } };
};

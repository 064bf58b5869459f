import type { TagLogGroupCommandInput, TagLogGroupCommandOutput } from '@aws-sdk/client-cloudwatch-logs';
import type { LogsOperation } from '../context.ts';
import { findGroup } from '../resolve.ts';
import { addTags } from '../tagging.ts';
import { rules, Violations } from '../validate.ts';

export const TagLogGroup: LogsOperation<TagLogGroupCommandInput, TagLogGroupCommandOutput> = (ctx, input) => {
  new Violations().text('logGroupName', input.logGroupName, rules.logGroupName).tags('tags', input.tags).check();
  ctx.store.transact((tx) => addTags(tx, findGroup(tx, ctx, input.logGroupName!), input.tags!));
  return {};
};

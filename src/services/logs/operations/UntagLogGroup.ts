import type { UntagLogGroupCommandInput, UntagLogGroupCommandOutput } from '@aws-sdk/client-cloudwatch-logs';
import type { LogsOperation } from '../context.ts';
import { findGroup } from '../resolve.ts';
import { removeTags } from '../tagging.ts';
import { rules, Violations } from '../validate.ts';

export const UntagLogGroup: LogsOperation<UntagLogGroupCommandInput, UntagLogGroupCommandOutput> = (ctx, input) => {
  new Violations().text('logGroupName', input.logGroupName, rules.logGroupName).check();
  ctx.store.transact((tx) => removeTags(tx, findGroup(tx, ctx, input.logGroupName!), input.tags!));
  return {};
};

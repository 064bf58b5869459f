import type { UntagResourceCommandInput, UntagResourceCommandOutput } from '@aws-sdk/client-cloudwatch-logs';
import type { LogsOperation } from '../context.ts';
import { removeTags, taggedGroup } from '../tagging.ts';
import { rules, Violations } from '../validate.ts';

export const UntagResource: LogsOperation<UntagResourceCommandInput, UntagResourceCommandOutput> = (ctx, input) => {
  new Violations().text('resourceArn', input.resourceArn, rules.arn).check();
  ctx.store.transact((tx) => removeTags(tx, taggedGroup(tx, ctx, input.resourceArn!), input.tagKeys!));
  return {};
};

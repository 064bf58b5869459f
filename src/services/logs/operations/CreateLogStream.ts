import type { CreateLogStreamCommandInput, CreateLogStreamCommandOutput } from '@aws-sdk/client-cloudwatch-logs';
import { hexId } from '#lib/ids.ts';
import { logStreams } from '#store/tables/logs.ts';
import type { LogsOperation } from '../context.ts';
import { alreadyExists } from '../errors.ts';
import { findGroup, logStreamArn } from '../resolve.ts';
import { rules, Violations } from '../validate.ts';

export const CreateLogStream: LogsOperation<CreateLogStreamCommandInput, CreateLogStreamCommandOutput> = (
  ctx,
  input,
) => {
  new Violations()
    .text('logGroupName', input.logGroupName, rules.logGroupName)
    .text('logStreamName', input.logStreamName, rules.logStreamName)
    .check();
  ctx.store.transact((tx) => {
    const group = findGroup(tx, ctx, input.logGroupName!);
    const name = input.logStreamName!;
    const arn = logStreamArn(group.arn, name);
    if (tx.get(logStreams, arn)) throw alreadyExists('log stream');
    tx.insert(logStreams, {
      arn,
      groupArn: group.arn,
      name,
      storageId: hexId(ctx.random),
      createdAt: ctx.clock.now(),
    });
  });
  return {};
};

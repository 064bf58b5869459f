import type { DeleteLogStreamCommandInput, DeleteLogStreamCommandOutput } from '@aws-sdk/client-cloudwatch-logs';
import { logStreams } from '#store/tables/logs.ts';
import type { LogsOperation } from '../context.ts';
import { refuseIfProtected } from '../deletion-protection.ts';
import { findGroup, findStream } from '../resolve.ts';
import { rules, Violations } from '../validate.ts';

export const DeleteLogStream: LogsOperation<DeleteLogStreamCommandInput, DeleteLogStreamCommandOutput> = async (
  ctx,
  input,
) => {
  new Violations()
    .text('logGroupName', input.logGroupName, rules.logGroupName)
    .text('logStreamName', input.logStreamName, rules.logStreamName)
    .check();
  const address = ctx.store.transact((tx) => {
    const group = findGroup(tx, ctx, input.logGroupName!);
    const stream = findStream(tx, group, input.logStreamName!);
    refuseIfProtected(group);
    tx.delete(logStreams, stream.arn);
    return { groupId: group.storageId, streamId: stream.storageId };
  });
  await ctx.deps.events.deleteStream(address);
  return {};
};

import type { DeleteLogGroupCommandInput, DeleteLogGroupCommandOutput } from '@aws-sdk/client-cloudwatch-logs';
import { logGroups, logStreams } from '#store/tables/logs.ts';
import type { LogsOperation } from '../context.ts';
import { refuseIfProtected } from '../deletion-protection.ts';
import { findGroup } from '../resolve.ts';
import { rules, Violations } from '../validate.ts';

export const DeleteLogGroup: LogsOperation<DeleteLogGroupCommandInput, DeleteLogGroupCommandOutput> = async (
  ctx,
  input,
) => {
  new Violations().text('logGroupName', input.logGroupName, rules.logGroupName).check();
  const group = ctx.store.transact((tx) => {
    const row = findGroup(tx, ctx, input.logGroupName!);
    refuseIfProtected(row);
    const streams = [...tx.find(logStreams, 'byGroup', row.arn)];
    for (const stream of streams) tx.delete(logStreams, stream.arn);
    tx.delete(logGroups, row.arn);
    return row;
  });
  await ctx.deps.events.deleteGroup(group.storageId);
  return {};
};

import type { PutRetentionPolicyCommandInput, PutRetentionPolicyCommandOutput } from '@aws-sdk/client-cloudwatch-logs';
import { logGroups } from '#store/tables/logs.ts';
import type { LogsOperation } from '../context.ts';
import { findGroup } from '../resolve.ts';
import { allowedRetentionDays } from '../retention.ts';
import { rules, Violations } from '../validate.ts';

export const PutRetentionPolicy: LogsOperation<PutRetentionPolicyCommandInput, PutRetentionPolicyCommandOutput> = (
  ctx,
  input,
) => {
  new Violations()
    .text('logGroupName', input.logGroupName, rules.logGroupName)
    .number('retentionInDays', input.retentionInDays, { values: allowedRetentionDays })
    .check();
  ctx.store.transact((tx) => {
    const { arn } = findGroup(tx, ctx, input.logGroupName!);
    tx.update(logGroups, arn, (row) => ({ ...row, retentionInDays: input.retentionInDays! }));
  });
  return {};
};

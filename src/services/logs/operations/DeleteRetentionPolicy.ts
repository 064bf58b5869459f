import type {
  DeleteRetentionPolicyCommandInput,
  DeleteRetentionPolicyCommandOutput,
} from '@aws-sdk/client-cloudwatch-logs';
import { logGroups } from '#store/tables/logs.ts';
import type { LogsOperation } from '../context.ts';
import { findGroup } from '../resolve.ts';
import { rules, Violations } from '../validate.ts';

export const DeleteRetentionPolicy: LogsOperation<
  DeleteRetentionPolicyCommandInput,
  DeleteRetentionPolicyCommandOutput
> = (ctx, input) => {
  new Violations().text('logGroupName', input.logGroupName, rules.logGroupName).check();
  ctx.store.transact((tx) => {
    const { arn } = findGroup(tx, ctx, input.logGroupName!);
    tx.update(logGroups, arn, ({ retentionInDays: _removed, ...rest }) => rest);
  });
  return {};
};

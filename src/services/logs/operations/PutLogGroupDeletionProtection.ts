import type {
  PutLogGroupDeletionProtectionCommandInput,
  PutLogGroupDeletionProtectionCommandOutput,
} from '@aws-sdk/client-cloudwatch-logs';
import { logGroups } from '#store/tables/logs.ts';
import type { LogsOperation } from '../context.ts';
import { groupOfRequest } from '../resolve.ts';
import { rules, Violations } from '../validate.ts';

export const PutLogGroupDeletionProtection: LogsOperation<
  PutLogGroupDeletionProtectionCommandInput,
  PutLogGroupDeletionProtectionCommandOutput
> = (ctx, input) => {
  new Violations().text('logGroupIdentifier', input.logGroupIdentifier, rules.logGroupIdentifier).check();
  ctx.store.transact((tx) => {
    const { arn } = groupOfRequest(tx, ctx, { logGroupIdentifier: input.logGroupIdentifier });
    tx.update(logGroups, arn, (row) => {
      const { deletionProtectionEnabled: _before, ...rest } = row;
      return input.deletionProtectionEnabled ? { ...rest, deletionProtectionEnabled: true } : rest;
    });
  });
  return {};
};

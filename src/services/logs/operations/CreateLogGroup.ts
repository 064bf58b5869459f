import type { CreateLogGroupCommandInput, CreateLogGroupCommandOutput } from '@aws-sdk/client-cloudwatch-logs';
import { hexId } from '#lib/ids.ts';
import type { LogGroupRow } from '#model/rows.ts';
import { logGroups } from '#store/tables/logs.ts';
import type { LogsOperation } from '../context.ts';
import { alreadyExists, invalidParameter } from '../errors.ts';
import { logGroupArn } from '../resolve.ts';
import { rules, Violations } from '../validate.ts';

const logGroupClasses = ['STANDARD', 'INFREQUENT_ACCESS', 'DELIVERY'];

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html. No KMS: a key is refused. */
export const CreateLogGroup: LogsOperation<CreateLogGroupCommandInput, CreateLogGroupCommandOutput> = (ctx, input) => {
  new Violations()
    .text('logGroupName', input.logGroupName, rules.logGroupName)
    .text('logGroupClass', input.logGroupClass, { values: logGroupClasses })
    .tags('tags', input.tags)
    .check();
  const name = input.logGroupName!;
  const arn = logGroupArn(ctx, name);
  if (name.startsWith('aws/')) {
    throw invalidParameter("Log groups starting with AWS/ are reserved for AWS. Use '/aws/' instead.");
  }
  if (input.kmsKeyId !== undefined) {
    throw invalidParameter(`The specified KMS key does not exist or is not allowed to be used with LogGroup '${arn}'`);
  }
  const logGroupClass = (input.logGroupClass ?? 'STANDARD') as LogGroupRow['logGroupClass'];
  if (logGroupClass === 'DELIVERY') throw invalidParameter('Log groups of the DELIVERY class are not supported.');
  ctx.store.transact((tx) => {
    if (tx.get(logGroups, arn)) throw alreadyExists('log group');
    tx.insert(logGroups, {
      account: ctx.account,
      region: ctx.region,
      arn,
      name,
      storageId: hexId(ctx.random),
      createdAt: ctx.clock.now(),
      logGroupClass,
      ...(input.deletionProtectionEnabled ? { deletionProtectionEnabled: true } : {}),
      tags: { ...input.tags },
    });
  });
  return {};
};

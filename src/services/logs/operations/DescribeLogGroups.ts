import type { DescribeLogGroupsCommandInput, DescribeLogGroupsCommandOutput } from '@aws-sdk/client-cloudwatch-logs';
import { scopeKey } from '#model/arn.ts';
import type { LogGroupRow } from '#model/rows.ts';
import { logGroups } from '#store/tables/logs.ts';
import type { LogsContext, LogsOperation } from '../context.ts';
import { invalidParameter } from '../errors.ts';
import { findGroupByArn, logGroupArn } from '../resolve.ts';
import { decodeListToken, encodeListToken, isText } from '../tokens.ts';
import { rules, Violations } from '../validate.ts';
import { logGroupView } from '../views.ts';

function* groupsWithPrefix(ctx: LogsContext, prefix: string, after: string | undefined): Generator<LogGroupRow> {
  const start = logGroupArn(ctx, prefix);
  if (after === undefined) {
    const exact = ctx.store.get(logGroups, start);
    if (exact) yield exact;
  }
  for (const row of ctx.store.find(logGroups, 'byScope', scopeKey(ctx), after ?? start)) {
    if (!row.name.startsWith(prefix)) return;
    yield row;
  }
}

function* named(ctx: LogsContext, identifiers: readonly string[]): Generator<LogGroupRow> {
  for (const identifier of identifiers) {
    const arn = identifier.startsWith('arn:') ? identifier : logGroupArn(ctx, identifier);
    const row = findGroupByArn(ctx.store, ctx, arn);
    if (row) yield row;
  }
}

/** In order of name. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html */
export const DescribeLogGroups: LogsOperation<DescribeLogGroupsCommandInput, DescribeLogGroupsCommandOutput> = (
  ctx,
  input,
) => {
  new Violations()
    .text('logGroupNamePrefix', input.logGroupNamePrefix, rules.logGroupName)
    .text('logGroupNamePattern', input.logGroupNamePattern, { max: 512, pattern: '[\\.\\-_/#A-Za-z0-9]*' })
    .text('nextToken', input.nextToken, rules.nextToken)
    .number('limit', input.limit, { min: 1, max: 50 })
    .check();
  if (input.logGroupNamePrefix !== undefined && input.logGroupNamePattern !== undefined) {
    throw invalidParameter('LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.');
  }
  // Linked accounts do not exist here, so only the caller's own can be asked for.
  const ownAccount = !input.accountIdentifiers?.length || input.accountIdentifiers.includes(ctx.account);
  const after = decodeListToken(input.nextToken, isText);
  const limit = input.limit ?? 50;
  const rows = input.logGroupIdentifiers?.length
    ? named(ctx, input.logGroupIdentifiers)
    : groupsWithPrefix(ctx, input.logGroupNamePrefix ?? '', after);
  const found: LogGroupRow[] = [];
  let more = false;
  for (const row of ownAccount ? rows : []) {
    if (input.logGroupNamePattern !== undefined && !row.name.includes(input.logGroupNamePattern)) continue;
    if (input.logGroupClass !== undefined && row.logGroupClass !== input.logGroupClass) continue;
    more = found.length === limit;
    if (more) break;
    found.push(row);
  }
  return {
    logGroups: found.map((row) => logGroupView(row, ctx.deps.events.storedBytes(row.storageId))),
    ...(more ? { nextToken: encodeListToken(found.at(-1)!.arn) } : {}),
  };
};

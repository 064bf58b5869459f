import type { DescribeLogStreamsCommandInput, DescribeLogStreamsCommandOutput } from '@aws-sdk/client-cloudwatch-logs';
import type { LogGroupRow, LogStreamRow } from '#model/rows.ts';
import { logStreams } from '#store/tables/logs.ts';
import type { LogsContext, LogsOperation } from '../context.ts';
import { invalidParameter } from '../errors.ts';
import type { StreamStats } from '../event-storage/event-storage.ts';
import { groupOfRequest } from '../resolve.ts';
import { streamsWithPrefix } from '../streams.ts';
import { decodeListToken, encodeListToken } from '../tokens.ts';
import { rules, Violations } from '../validate.ts';
import { logStreamView } from '../views.ts';

/** The last stream of the page before: its name, and its last event when ordered by that. */
type Position = readonly [name: string, lastEventTimestamp: number];
const isPosition = (value: unknown): value is Position =>
  Array.isArray(value) && typeof value[0] === 'string' && typeof value[1] === 'number';

interface Found {
  readonly row: LogStreamRow;
  readonly stats: StreamStats | undefined;
}

const positionOf = ({ row, stats }: Found): Position => [row.name, stats?.lastEventTimestamp ?? 0];
const byName = (a: Position, b: Position) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0);
const byLastEvent = (a: Position, b: Position) => a[1] - b[1] || byName(a, b);

function found(ctx: LogsContext, group: LogGroupRow, row: LogStreamRow): Found {
  return { row, stats: ctx.deps.events.stats({ groupId: group.storageId, streamId: row.storageId }) };
}

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogStreams.html */
export const DescribeLogStreams: LogsOperation<DescribeLogStreamsCommandInput, DescribeLogStreamsCommandOutput> = (
  ctx,
  input,
) => {
  new Violations()
    .text('logGroupName', input.logGroupName, rules.logGroupName)
    .text('logGroupIdentifier', input.logGroupIdentifier, rules.logGroupIdentifier)
    .text('logStreamNamePrefix', input.logStreamNamePrefix, rules.logStreamName)
    .text('orderBy', input.orderBy, { values: ['LogStreamName', 'LastEventTime'] })
    .text('nextToken', input.nextToken, rules.nextToken)
    .number('limit', input.limit, { min: 1, max: 50 })
    .check();
  const byTime = input.orderBy === 'LastEventTime';
  if (byTime && input.logStreamNamePrefix !== undefined) {
    throw invalidParameter('Cannot order by LastEventTime with a logStreamNamePrefix.');
  }
  const group = groupOfRequest(ctx.store, ctx, input);
  const after = decodeListToken(input.nextToken, isPosition);
  const limit = input.limit ?? 50;
  const page: Found[] = [];
  if (!byTime && !input.descending) {
    for (const row of streamsWithPrefix(ctx.store, group, input.logStreamNamePrefix ?? '', after?.[0])) {
      page.push(found(ctx, group, row));
      if (page.length > limit) break;
    }
  } else {
    const compare = byTime ? byLastEvent : byName;
    const sign = input.descending ? -1 : 1;
    const rows = input.logStreamNamePrefix
      ? streamsWithPrefix(ctx.store, group, input.logStreamNamePrefix)
      : ctx.store.find(logStreams, 'byGroup', group.arn);
    const all = [...rows].map((row) => found(ctx, group, row));
    const behind = after ? all.filter((item) => compare(positionOf(item), after) * sign > 0) : all;
    page.push(...behind.sort((a, b) => compare(positionOf(a), positionOf(b)) * sign).slice(0, limit + 1));
  }
  const more = page.length > limit;
  if (more) page.pop();
  return {
    logStreams: page.map((item) => logStreamView(item.row, item.stats)),
    ...(more ? { nextToken: encodeListToken(positionOf(page.at(-1)!)) } : {}),
  };
};

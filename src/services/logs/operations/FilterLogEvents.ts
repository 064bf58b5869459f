import type { FilterLogEventsCommandInput, FilterLogEventsCommandOutput } from '@aws-sdk/client-cloudwatch-logs';
import type { LogGroupRow, LogStreamRow } from '#model/rows.ts';
import type { LogsContext, LogsOperation } from '../context.ts';
import { invalidParameter } from '../errors.ts';
import { MAX_PAGE_EVENTS, takePage } from '../event-page.ts';
import type { ReadRange } from '../event-storage/event-storage.ts';
import { compileFilterPattern, PatternSyntaxError } from '../filter-pattern/filter-pattern.ts';
import { type MergedPosition, type MergedStream, mergeStreams } from '../merge-streams.ts';
import { findStream, groupOfRequest } from '../resolve.ts';
import { expiryTime } from '../retention.ts';
import { streamsWithPrefix } from '../streams.ts';
import { decodeListToken, encodeListToken, eventId } from '../tokens.ts';
import { rules, Violations } from '../validate.ts';

/** Bytes that one call looks at before it answers what it has. Higher: longer calls; lower: more empty pages. */
const SEARCH_BYTES = 10 * 1_048_576;

interface Position extends MergedPosition {
  readonly forward: boolean;
}

function isPosition(value: unknown): value is Position {
  const position = value as Partial<Position> | null | undefined;
  return (
    typeof position?.timestamp === 'number' &&
    typeof position.sequence === 'number' &&
    typeof position.streamId === 'string' &&
    typeof position.forward === 'boolean'
  );
}

function compile(pattern: string | undefined) {
  if (!pattern) return undefined;
  try {
    return compileFilterPattern(pattern);
  } catch (error) {
    if (error instanceof PatternSyntaxError) throw invalidParameter('Invalid filter pattern');
    throw error;
  }
}

function* searchedStreams(
  ctx: LogsContext,
  group: LogGroupRow,
  input: FilterLogEventsCommandInput,
): Generator<LogStreamRow> {
  if (!input.logStreamNames?.length) return yield* streamsWithPrefix(ctx.store, group, input.logStreamNamePrefix ?? '');
  for (const name of new Set(input.logStreamNames)) yield findStream(ctx.store, group, name);
}

/** Streams that hold something within the range. */
function candidates(ctx: LogsContext, group: LogGroupRow, rows: Iterable<LogStreamRow>, range: ReadRange) {
  const streams: MergedStream[] = [];
  for (const row of rows) {
    const address = { groupId: group.storageId, streamId: row.storageId };
    const stats = ctx.deps.events.stats(address);
    if (!stats || stats.lastEventTimestamp < (range.fromTime ?? 0)) continue;
    if (range.toTime !== undefined && stats.firstEventTimestamp >= range.toTime) continue;
    const nearest = range.direction === 'forward' ? stats.firstEventTimestamp : stats.lastEventTimestamp;
    streams.push({
      id: row.storageId,
      name: row.name,
      nearestTimestamp: nearest,
      open: (part) => ctx.deps.events.read(address, part),
    });
  }
  return streams;
}

function validate(input: FilterLogEventsCommandInput): void {
  new Violations()
    .text('logGroupName', input.logGroupName, rules.logGroupName)
    .text('logGroupIdentifier', input.logGroupIdentifier, rules.logGroupIdentifier)
    .text('logStreamNamePrefix', input.logStreamNamePrefix, rules.logStreamName)
    .size('logStreamNames', '[]', input.logStreamNames?.length ?? 1, 1, 100)
    .number('startTime', input.startTime, { min: 0 })
    .number('endTime', input.endTime, { min: 0 })
    .text('filterPattern', input.filterPattern, { max: 1024 })
    .text('nextToken', input.nextToken, rules.nextToken)
    .number('limit', input.limit, { min: 1, max: MAX_PAGE_EVENTS })
    .check();
  if (input.logStreamNames?.length && input.logStreamNamePrefix !== undefined) {
    throw invalidParameter('logStreamNamePrefix and logStreamNames are mutually exclusive parameters.');
  }
}

/**
 * All streams interleaved in order of time; endTime is inclusive. A page may be empty and still carry a token.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
 */
export const FilterLogEvents: LogsOperation<FilterLogEventsCommandInput, FilterLogEventsCommandOutput> = async (
  ctx,
  input,
) => {
  validate(input);
  const matches = compile(input.filterPattern);
  const group = groupOfRequest(ctx.store, ctx, input);
  const after = decodeListToken(input.nextToken, isPosition);
  const forward = after?.forward ?? input.startFromHead ?? true;
  const range: ReadRange = {
    fromTime: Math.max(input.startTime ?? 0, expiryTime(group, ctx.clock.now())),
    ...(input.endTime === undefined ? {} : { toTime: input.endTime + 1 }),
    direction: forward ? 'forward' : 'backward',
  };
  const streams = candidates(ctx, group, searchedStreams(ctx, group, input), range);
  const page = await takePage(mergeStreams(streams, range, after), {
    limit: input.limit ?? MAX_PAGE_EVENTS,
    budgetBytes: SEARCH_BYTES,
    ...(matches ? { matches: (event) => matches(event.message) } : {}),
  });
  const { last } = page;
  return {
    events: page.events.map((event) => ({
      logStreamName: event.stream.name,
      timestamp: event.timestamp,
      message: event.message,
      ingestionTime: event.ingestionTime,
      eventId: eventId(event, event.stream.id),
    })),
    searchedLogStreams: [],
    ...(page.ended || !last
      ? {}
      : {
          nextToken: encodeListToken({
            timestamp: last.timestamp,
            sequence: last.sequence,
            streamId: last.stream.id,
            forward,
          } satisfies Position),
        }),
  };
};

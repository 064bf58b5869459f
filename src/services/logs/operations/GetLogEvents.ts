import type { GetLogEventsCommandInput, GetLogEventsCommandOutput } from '@aws-sdk/client-cloudwatch-logs';
import type { LogsOperation } from '../context.ts';
import { MAX_PAGE_EVENTS, takePage } from '../event-page.ts';
import type { EventPosition, ReadRange, StoredEvent } from '../event-storage/event-storage.ts';
import { findStream, groupOfRequest } from '../resolve.ts';
import { expiryTime } from '../retention.ts';
import { decodeEventToken, type EventToken, encodeEventToken } from '../tokens.ts';
import { rules, Violations } from '../validate.ts';

/** Before every event: sequences begin at 1. */
const START: EventPosition = { timestamp: 0, sequence: 0 };

/**
 * The two tokens around a page. At an end the token that led there is answered again; the other one then leads back to
 * the page before.
 */
function tokensAround(
  page: readonly StoredEvent[],
  token: EventToken | undefined,
): [forward: string, backward: string] {
  const first = page[0];
  const last = page.at(-1);
  if (first && last) return [encodeEventToken('forward', last), encodeEventToken('backward', first)];
  const at = token?.position ?? START;
  if (token?.direction === 'backward') {
    const before = at.sequence > 0 ? { ...at, sequence: at.sequence - 1 } : at;
    return [encodeEventToken('forward', before), encodeEventToken('backward', at)];
  }
  return [encodeEventToken('forward', at), encodeEventToken('backward', { ...at, sequence: at.sequence + 1 })];
}

/**
 * The newest page by default; always in order of time. endTime is exclusive.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
 */
export const GetLogEvents: LogsOperation<GetLogEventsCommandInput, GetLogEventsCommandOutput> = async (ctx, input) => {
  new Violations()
    .text('logGroupName', input.logGroupName, rules.logGroupName)
    .text('logGroupIdentifier', input.logGroupIdentifier, rules.logGroupIdentifier)
    .text('logStreamName', input.logStreamName, rules.logStreamName)
    .number('startTime', input.startTime, { min: 0 })
    .number('endTime', input.endTime, { min: 0 })
    .number('limit', input.limit, { min: 1, max: MAX_PAGE_EVENTS })
    .check();
  const group = groupOfRequest(ctx.store, ctx, input);
  const stream = findStream(ctx.store, group, input.logStreamName!);
  const token = decodeEventToken(input.nextToken);
  const direction = token?.direction ?? (input.startFromHead ? 'forward' : 'backward');
  const range: ReadRange = {
    fromTime: Math.max(input.startTime ?? 0, expiryTime(group, ctx.clock.now())),
    ...(input.endTime === undefined ? {} : { toTime: input.endTime }),
    ...(token ? (token.direction === 'forward' ? { after: token.position } : { before: token.position }) : {}),
    direction,
  };
  const address = { groupId: group.storageId, streamId: stream.storageId };
  const { events } = await takePage(ctx.deps.events.read(address, range), { limit: input.limit ?? MAX_PAGE_EVENTS });
  if (direction === 'backward') events.reverse();
  const [nextForwardToken, nextBackwardToken] = tokensAround(events, token);
  return {
    events: events.map(({ timestamp, message, ingestionTime }) => ({ timestamp, message, ingestionTime })),
    nextForwardToken,
    nextBackwardToken,
  };
};

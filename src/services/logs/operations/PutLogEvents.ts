import type { PutLogEventsCommandInput, PutLogEventsCommandOutput } from '@aws-sdk/client-cloudwatch-logs';
import type { LogsOperation } from '../context.ts';
import { invalidParameter } from '../errors.ts';
import { EVENT_OVERHEAD_BYTES, type NewEvent } from '../event-storage/event-storage.ts';
import { findGroup, findStream } from '../resolve.ts';
import { DAY_MS, expiryTime } from '../retention.ts';
import { sequenceToken } from '../tokens.ts';
import { rules, Violations } from '../validate.ts';

const MAX_EVENTS = 10_000;
const MAX_BATCH_BYTES = 1_048_576;
const TOO_OLD_MS = 14 * DAY_MS;
const TOO_NEW_MS = 2 * 3_600_000;

function validate(input: PutLogEventsCommandInput): NewEvent[] {
  const events = input.logEvents!.map((event) => ({ timestamp: event.timestamp!, message: event.message! }));
  const violations = new Violations()
    .text('logGroupName', input.logGroupName, rules.logGroupName)
    .text('logStreamName', input.logStreamName, rules.logStreamName)
    .size('logEvents', '[]', events.length, 1, MAX_EVENTS);
  let bytes = 0;
  for (const [index, event] of events.entries()) {
    violations
      .text(`logEvents.${index + 1}.member.message`, event.message, { min: 1 })
      .number(`logEvents.${index + 1}.member.timestamp`, event.timestamp, { min: 0 });
    bytes += Buffer.byteLength(event.message) + EVENT_OVERHEAD_BYTES;
  }
  violations.check();
  if (bytes > MAX_BATCH_BYTES) {
    throw invalidParameter(`Upload too large: ${bytes} bytes exceeds limit of ${MAX_BATCH_BYTES}`);
  }
  if (events.some((event, index) => index > 0 && event.timestamp < events[index - 1]!.timestamp)) {
    throw invalidParameter('Log events in a single PutLogEvents request must be in chronological order.');
  }
  if (events.at(-1)!.timestamp - events[0]!.timestamp > DAY_MS) {
    throw invalidParameter('The batch of log events in a single PutLogEvents request cannot span more than 24 hours.');
  }
  return events;
}

/**
 * Answers when the accepted events are on stable storage. Sequence tokens are not looked at; events that are too old, too
 * new or expired are left out and named in the answer, where end indexes are exclusive.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
 */
export const PutLogEvents: LogsOperation<PutLogEventsCommandInput, PutLogEventsCommandOutput> = async (ctx, input) => {
  const events = validate(input);
  const group = findGroup(ctx.store, ctx, input.logGroupName!);
  const stream = findStream(ctx.store, group, input.logStreamName!);
  const now = ctx.clock.now();
  const expiry = expiryTime(group, now);
  const tooOld = events.filter((event) => event.timestamp < now - TOO_OLD_MS).length;
  const expired = events.filter((event) => event.timestamp < expiry).length;
  const tooNew = events.findIndex((event) => event.timestamp > now + TOO_NEW_MS);
  const accepted = events.slice(Math.max(tooOld, expired), tooNew < 0 ? undefined : tooNew);
  const address = { groupId: group.storageId, streamId: stream.storageId };
  await ctx.deps.events.append(address, accepted, now);
  const rejected = {
    ...(tooNew < 0 ? {} : { tooNewLogEventStartIndex: tooNew }),
    ...(tooOld === 0 ? {} : { tooOldLogEventEndIndex: tooOld }),
    ...(expired === 0 ? {} : { expiredLogEventEndIndex: expired }),
  };
  return {
    nextSequenceToken: sequenceToken(stream.storageId, ctx.deps.events.stats(address)?.eventCount ?? 0),
    ...(Object.keys(rejected).length > 0 ? { rejectedLogEventsInfo: rejected } : {}),
  };
};

/**
 * What happens to log events on its own: retention deletes old segments, and events whose group or stream has no row any
 * more (a crash came between the row's deletion and theirs) are deleted at start.
 */
import type { Clock, Timer } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { View } from '#store/store.ts';
import { logGroups, logStreams } from '#store/tables/logs.ts';
import type { EventStorage } from './event-storage/event-storage.ts';
import { expiryTime } from './retention.ts';

/** Expired events are invisible at once; this is only how soon their space is given back. */
const RETENTION_INTERVAL_MS = 3_600_000;

export interface MaintenanceDeps {
  readonly store: View;
  readonly events: EventStorage;
  readonly clock: Clock;
  readonly logger: Logger;
}

export async function deleteOrphans({ store, events, logger }: MaintenanceDeps): Promise<void> {
  const groups = new Map<string, string>();
  for (const group of store.all(logGroups)) groups.set(group.storageId, group.arn);
  const streams = new Set<string>();
  for (const stream of store.all(logStreams)) streams.add(stream.storageId);
  const gone = [...events.streams()].filter(({ groupId, streamId }) => !groups.has(groupId) || !streams.has(streamId));
  for (const address of gone) await events.deleteStream(address);
  for (const groupId of new Set(gone.map((address) => address.groupId))) {
    if (!groups.has(groupId)) await events.deleteGroup(groupId);
  }
  if (gone.length > 0) logger.info('deleted log events of streams that no longer exist', { streams: gone.length });
}

/** One pass of retention over all groups. */
export async function expireOldEvents({ store, events, clock }: MaintenanceDeps): Promise<void> {
  const withRetention = [...store.all(logGroups)].filter((group) => group.retentionInDays !== undefined);
  for (const group of withRetention) await events.expire(group.storageId, expiryTime(group, clock.now()));
}

/** Answers a function that ends it. */
export function startRetention(deps: MaintenanceDeps): () => void {
  let timer: Timer | undefined;
  let ended = false;
  const pass = async () => {
    try {
      await expireOldEvents(deps);
    } catch (error) {
      deps.logger.error('expired log events could not be deleted', { error });
    }
    if (!ended) timer = deps.clock.after(RETENTION_INTERVAL_MS, () => void pass());
  };
  timer = deps.clock.after(60_000, () => void pass());
  return () => {
    ended = true;
    timer?.cancel();
  };
}

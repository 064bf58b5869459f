/** One page of events: so many, and so many bytes, as fit an answer. */
import { setImmediate } from 'node:timers/promises';
import { EVENT_OVERHEAD_BYTES } from './event-storage/event-storage.ts';

/** An answer holds at most this many bytes of events, counted as AWS counts them. */
export const MAX_PAGE_BYTES = 1_048_576;
export const MAX_PAGE_EVENTS = 10_000;
/** Events looked at before others get their turn on the event loop; they may all come from memory. */
const EVENTS_PER_TURN = 500;

export interface EventPage<T> {
  readonly events: T[];
  /** The last event looked at, whether it matched or not. */
  readonly last?: T;
  /** There was nothing more to look at. */
  readonly ended: boolean;
}

/**
 * Takes matching events until `limit`, MAX_PAGE_BYTES, or until `budgetBytes` have been looked at: then the page may be
 * short or empty and the client goes on with the token.
 */
export async function takePage<T extends { readonly message: string }>(
  source: AsyncIterable<T>,
  options: { readonly limit: number; readonly matches?: (event: T) => boolean; readonly budgetBytes?: number },
): Promise<EventPage<T>> {
  const events: T[] = [];
  let last: T | undefined;
  let pageBytes = 0;
  let lookedAtBytes = 0;
  let lookedAt = 0;
  for await (const event of source) {
    if (events.length >= options.limit || lookedAtBytes > (options.budgetBytes ?? Number.POSITIVE_INFINITY)) {
      return { events, ...(last ? { last } : {}), ended: false };
    }
    const bytes = Buffer.byteLength(event.message) + EVENT_OVERHEAD_BYTES;
    if (!options.matches || options.matches(event)) {
      if (events.length > 0 && pageBytes + bytes > MAX_PAGE_BYTES) {
        return { events, ...(last ? { last } : {}), ended: false };
      }
      events.push(event);
      pageBytes += bytes;
    }
    last = event;
    lookedAtBytes += bytes;
    lookedAt += 1;
    if (lookedAt % EVENTS_PER_TURN === 0) await setImmediate();
  }
  return { events, ...(last ? { last } : {}), ended: true };
}

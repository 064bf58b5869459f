/**
 * Merges the events of many streams in order of time (ties: by stream, then by arrival). A stream is opened only when
 * its nearest possible event is due, so streams outside the range that is being answered cost nothing.
 */
import type { EventPosition, ReadRange, StoredEvent } from './event-storage/event-storage.ts';

export interface MergedStream {
  /** Orders events of the same time. */
  readonly id: string;
  readonly name: string;
  /** No event of the stream is nearer than this (earlier when forward, later when backward). */
  readonly nearestTimestamp: number;
  readonly open: (range: ReadRange) => AsyncIterable<StoredEvent>;
}

export interface MergedEvent extends StoredEvent {
  readonly stream: MergedStream;
}

/** A place in the merged order. */
export interface MergedPosition extends EventPosition {
  readonly streamId: string;
}

interface Entry {
  readonly stream: MergedStream;
  timestamp: number;
  event?: StoredEvent;
  iterator?: AsyncIterator<StoredEvent>;
}

/** A binary heap with the nearest entry on top. */
class Heap {
  readonly #entries: Entry[] = [];
  readonly #before: (a: Entry, b: Entry) => boolean;

  constructor(before: (a: Entry, b: Entry) => boolean) {
    this.#before = before;
  }

  push(entry: Entry): void {
    const entries = this.#entries;
    let at = entries.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (!this.#before(entry, entries[parent]!)) break;
      entries[at] = entries[parent]!;
      at = parent;
    }
    entries[at] = entry;
  }

  pop(): Entry | undefined {
    const entries = this.#entries;
    const top = entries[0];
    const last = entries.pop();
    if (top === undefined || last === undefined || entries.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= entries.length) break;
      if (child + 1 < entries.length && this.#before(entries[child + 1]!, entries[child]!)) child += 1;
      if (!this.#before(entries[child]!, last)) break;
      entries[at] = entries[child]!;
      at = child;
    }
    entries[at] = last;
    return top;
  }
}

/** The part of a stream that lies behind a merged position. */
function rangeAfter(stream: MergedStream, range: ReadRange, after: MergedPosition | undefined): ReadRange {
  if (!after) return range;
  const forward = range.direction === 'forward';
  const { timestamp, sequence } = after;
  let limit: EventPosition = { timestamp, sequence };
  if (stream.id !== after.streamId) {
    const stillToCome = forward ? stream.id > after.streamId : stream.id < after.streamId;
    // Sequences begin at 1: either all of the millisecond is still to come, or none of it.
    limit = { timestamp, sequence: stillToCome === forward ? 0 : Number.MAX_SAFE_INTEGER };
  }
  return forward ? { ...range, after: limit } : { ...range, before: limit };
}

export async function* mergeStreams(
  streams: readonly MergedStream[],
  range: ReadRange,
  after?: MergedPosition,
): AsyncGenerator<MergedEvent> {
  const sign = range.direction === 'forward' ? 1 : -1;
  const heap = new Heap((a, b) => {
    if (a.timestamp !== b.timestamp) return (a.timestamp - b.timestamp) * sign < 0;
    if (!a.event || !b.event) return !a.event && b.event !== undefined;
    return a.stream.id < b.stream.id === sign > 0;
  });
  for (const stream of streams) heap.push({ stream, timestamp: stream.nearestTimestamp });
  const opened: AsyncIterator<StoredEvent>[] = [];
  try {
    for (let entry = heap.pop(); entry; entry = heap.pop()) {
      if (entry.event) yield { ...entry.event, stream: entry.stream };
      if (!entry.iterator) {
        entry.iterator = entry.stream.open(rangeAfter(entry.stream, range, after))[Symbol.asyncIterator]();
        opened.push(entry.iterator);
      }
      const next = await entry.iterator.next();
      if (next.done) continue;
      entry.event = next.value;
      entry.timestamp = next.value.timestamp;
      heap.push(entry);
    }
  } finally {
    for (const iterator of opened) await iterator.return?.();
  }
}

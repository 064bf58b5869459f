/**
 * Reads one stream's events in order of position out of blocks whose time ranges may overlap (puts need not be in order
 * of each other). Blocks are opened in order of their nearest end; an event is given out when no unopened block can hold
 * one that comes before it, so with a single orderly writer one block is in memory at a time.
 */
import { type Block, type BlockHeader, decodeBlock } from './event-block.ts';
import { comparePositions, type ReadRange, type StoredEvent } from './event-storage.ts';

/** A block somewhere, to be opened when its turn comes; `open` answers undefined when it is gone. */
export interface BlockSource extends BlockHeader {
  readonly open: () => Block | undefined | Promise<Block | undefined>;
}

function inRange(event: StoredEvent, range: ReadRange): boolean {
  if (range.fromTime !== undefined && event.timestamp < range.fromTime) return false;
  if (range.toTime !== undefined && event.timestamp >= range.toTime) return false;
  if (range.after && comparePositions(event, range.after) <= 0) return false;
  return !range.before || comparePositions(event, range.before) < 0;
}

/** Whether a run with these bounds can hold an event of the range. */
export function mayHold(
  part: { readonly minTimestamp: number; readonly maxTimestamp: number },
  range: ReadRange,
): boolean {
  if (range.fromTime !== undefined && part.maxTimestamp < range.fromTime) return false;
  if (range.toTime !== undefined && part.minTimestamp >= range.toTime) return false;
  if (range.after && part.maxTimestamp < range.after.timestamp) return false;
  return !range.before || part.minTimestamp <= range.before.timestamp;
}

export async function* readOrdered(sources: readonly BlockSource[], range: ReadRange): AsyncGenerator<StoredEvent> {
  const forward = range.direction === 'forward';
  const waiting = sources.filter((source) => mayHold(source, range));
  waiting.sort((a, b) => (forward ? a.minTimestamp - b.minTimestamp : b.maxTimestamp - a.maxTimestamp));
  const order = (a: StoredEvent, b: StoredEvent) => (forward ? comparePositions(a, b) : comparePositions(b, a));
  /** Decoded events not given out yet, in order. */
  let ready: StoredEvent[] = [];
  for (const [index, source] of waiting.entries()) {
    const block = await source.open();
    if (block) {
      const events = decodeBlock(block).filter((event) => inRange(event, range));
      ready = ready.length === 0 ? events.sort(order) : [...ready, ...events].sort(order);
    }
    const next = waiting[index + 1];
    let taken = 0;
    for (const event of ready) {
      if (next && (forward ? event.timestamp >= next.minTimestamp : event.timestamp <= next.maxTimestamp)) break;
      taken += 1;
      yield event;
    }
    ready = taken === ready.length ? [] : ready.slice(taken);
  }
  yield* ready;
}

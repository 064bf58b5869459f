/** What is known in memory of one stream: its segments, the blocks that no segment holds yet, and its statistics. */
import { type Block, lastIngestionTime } from './event-block.ts';
import type { StreamStats } from './event-storage.ts';
import type { Segment } from './segments.ts';

/** As the manifest keeps it; segments as [number, size, count, storedBytes, minTimestamp, maxTimestamp]. */
export interface StreamRecord {
  readonly nextSequence: number;
  readonly nextSegment: number;
  readonly lastIngestionTime: number;
  readonly segments: readonly (readonly [number, number, number, number, number, number])[];
}

export class StreamState {
  /** Sequence of the next event to be accepted; ahead of what is durable. */
  nextSequence = 1;
  lastIngestionTime = 0;
  #segments: Segment[] = [];
  /** Number of the next segment; never goes back, so a file's name never means two things. */
  #nextSegment = 1;
  #stats: StreamStats | undefined;
  /** Being written to segments by the checkpoint under way. */
  frozen: Block[] = [];
  /** Durable in the write-ahead log only. */
  recent: Block[] = [];
  deleted = false;
  /** Settles when every append so far is durable or has failed. */
  writing: Promise<void> | undefined;

  static from(record: StreamRecord): StreamState {
    const state = new StreamState();
    state.nextSequence = record.nextSequence;
    state.lastIngestionTime = record.lastIngestionTime;
    state.#nextSegment = record.nextSegment;
    state.segments = record.segments.map(([number, size, count, storedBytes, minTimestamp, maxTimestamp]) => ({
      number,
      size,
      count,
      storedBytes,
      minTimestamp,
      maxTimestamp,
    }));
    return state;
  }

  /** What is in segments; the rest is in the write-ahead log. */
  record(): StreamRecord {
    const waiting = [...this.frozen, ...this.recent];
    return {
      nextSequence: waiting[0]?.firstSequence ?? this.nextSequence,
      nextSegment: this.#nextSegment,
      lastIngestionTime: this.lastIngestionTime,
      segments: this.segments.map((segment) => [
        segment.number,
        segment.size,
        segment.count,
        segment.storedBytes,
        segment.minTimestamp,
        segment.maxTimestamp,
      ]),
    };
  }

  get segments(): Segment[] {
    return this.#segments;
  }

  set segments(segments: Segment[]) {
    this.#segments = segments;
    this.#nextSegment = Math.max(this.#nextSegment, (segments.at(-1)?.number ?? 0) + 1);
    this.#stats = undefined;
  }

  get nextSegment(): number {
    return this.#nextSegment;
  }

  /** Takes a block that is durable. */
  add(block: Block): void {
    this.recent.push(block);
    this.nextSequence = Math.max(this.nextSequence, block.firstSequence + block.count);
    this.lastIngestionTime = Math.max(this.lastIngestionTime, lastIngestionTime(block));
    if (this.#stats) this.#stats = merge(this.#stats, block, this.lastIngestionTime);
  }

  /** Kept from one call to the next, because a search of a group asks every stream. */
  stats(): StreamStats | undefined {
    if (!this.#stats) {
      let stats: StreamStats = nothing;
      for (const parts of [this.#segments, this.frozen, this.recent]) {
        for (const part of parts) stats = merge(stats, part, this.lastIngestionTime);
      }
      this.#stats = stats;
    }
    return this.#stats.eventCount === 0 ? undefined : this.#stats;
  }
}

const nothing: StreamStats = {
  firstEventTimestamp: Number.POSITIVE_INFINITY,
  lastEventTimestamp: Number.NEGATIVE_INFINITY,
  lastIngestionTime: 0,
  eventCount: 0,
  storedBytes: 0,
};

type Part = Pick<Segment, 'count' | 'storedBytes' | 'minTimestamp' | 'maxTimestamp'>;

function merge(stats: StreamStats, part: Part, lastIngestionTime: number): StreamStats {
  return {
    firstEventTimestamp: Math.min(stats.firstEventTimestamp, part.minTimestamp),
    lastEventTimestamp: Math.max(stats.lastEventTimestamp, part.maxTimestamp),
    lastIngestionTime,
    eventCount: stats.eventCount + part.count,
    storedBytes: stats.storedBytes + part.storedBytes,
  };
}

/** Events that wait to be sent, cut into batches that PutLogEvents takes. */
import type { LogEvent } from './log-sink.ts';

const MAX_BATCH_EVENTS = 10_000;
const MAX_BATCH_BYTES = 1_048_576;
const EVENT_OVERHEAD_BYTES = 26;
const MAX_SPAN_MS = 24 * 3_600_000;

export const eventBytes = (event: LogEvent): number => Buffer.byteLength(event.message) + EVENT_OVERHEAD_BYTES;

interface Waiting {
  readonly event: LogEvent;
  readonly bytes: number;
  readonly arrivedAt: number;
}

export class EventQueue {
  #waiting: Waiting[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get length(): number {
    return this.#waiting.length;
  }

  get isFull(): boolean {
    return this.#bytes >= MAX_BATCH_BYTES || this.#waiting.length >= MAX_BATCH_EVENTS;
  }

  add(event: LogEvent, arrivedAt: number): void {
    const bytes = eventBytes(event);
    this.#waiting.push({ event, bytes, arrivedAt });
    this.#bytes += bytes;
  }

  /**
   * The oldest events that arrived at or before `arrivedBy`, as many as one batch takes, in order of time (the two outputs
   * of a container may be a little out of step in the engine's file).
   */
  take(arrivedBy: number): LogEvent[] {
    let bytes = 0;
    let count = 0;
    let earliest = Number.POSITIVE_INFINITY;
    let latest = Number.NEGATIVE_INFINITY;
    for (const next of this.#waiting) {
      earliest = Math.min(earliest, next.event.timestamp);
      latest = Math.max(latest, next.event.timestamp);
      const full = count >= MAX_BATCH_EVENTS || bytes + next.bytes > MAX_BATCH_BYTES || latest - earliest > MAX_SPAN_MS;
      if (full || next.arrivedAt > arrivedBy) break;
      bytes += next.bytes;
      count += 1;
    }
    this.#bytes -= bytes;
    return this.#waiting
      .splice(0, count)
      .map(({ event }) => event)
      .sort((a, b) => a.timestamp - b.timestamp);
  }
}

/**
 * Makes events of the engine's lines: joins the parts of a line that the engine split, joins lines to multi-line events,
 * splits what is longer than an event may be, and drops empty lines, all as Docker's awslogs driver does. The same lines
 * always give the same events; resuming after a restart depends on it.
 */
import type { LogLine } from '../engine-api/engine.ts';
import type { LogEvent } from './log-sink.ts';

/** As Docker's driver: 256 KiB less the 26 bytes that the service adds to each event. */
export const MAX_EVENT_BYTES = 262_144 - 26;

interface Open {
  readonly timestamp: number;
  readonly parts: string[];
  bytes: number;
}

const toMs = (ns: bigint): number => Number(ns / 1_000_000n);

/** Cuts at whole characters, at most `maxBytes` of UTF-8 each. */
export function splitMessage(message: string, maxBytes = MAX_EVENT_BYTES): string[] {
  if (message.length * 3 <= maxBytes || Buffer.byteLength(message) <= maxBytes) return [message];
  const bytes = Buffer.from(message);
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    let end = Math.min(at + maxBytes, bytes.length);
    // 10xxxxxx is the inside of a character.
    while (end < bytes.length && (bytes[end]! & 0xc0) === 0x80) end -= 1;
    pieces.push(bytes.toString('utf8', at, end));
    at = end;
  }
  return pieces;
}

export class EventAssembler {
  readonly #startPattern: RegExp | undefined;
  /** Unfinished lines, by output. */
  readonly #lines = new Map<LogLine['stream'], Open>();
  #event: Open | undefined;

  constructor(startPattern: RegExp | undefined) {
    this.#startPattern = startPattern;
  }

  /** A multi-line event waits for its next line. */
  get waiting(): boolean {
    return this.#event !== undefined;
  }

  /** The events that this line completes. */
  add(line: LogLine): LogEvent[] {
    const open = this.#lines.get(line.stream) ?? { timestamp: toMs(line.timestampNs), parts: [], bytes: 0 };
    open.parts.push(line.message);
    open.bytes += Buffer.byteLength(line.message);
    if (line.partial && open.bytes < MAX_EVENT_BYTES) {
      this.#lines.set(line.stream, open);
      return [];
    }
    this.#lines.delete(line.stream);
    return this.#addLine(open.timestamp, open.parts.join(''));
  }

  #addLine(timestamp: number, message: string): LogEvent[] {
    if (!this.#startPattern) return toEvents(timestamp, message);
    const text = `${message}\n`;
    const bytes = Buffer.byteLength(text);
    const full = (this.#event?.bytes ?? 0) + bytes > MAX_EVENT_BYTES;
    const done = full || this.#startPattern.test(message) ? this.flushEvent() : [];
    this.#event ??= { timestamp, parts: [], bytes: 0 };
    this.#event.parts.push(text);
    this.#event.bytes += bytes;
    return done;
  }

  /** Ends a multi-line event without waiting for the next one's first line. */
  flushEvent(): LogEvent[] {
    const event = this.#event;
    this.#event = undefined;
    return event ? toEvents(event.timestamp, event.parts.join('')) : [];
  }

  /** At the end of the log: a last line without an end, and the last event. */
  flushAll(): LogEvent[] {
    const events = [...this.#lines.values()].flatMap((open) => this.#addLine(open.timestamp, open.parts.join('')));
    this.#lines.clear();
    return [...events, ...this.flushEvent()];
  }
}

function toEvents(timestamp: number, message: string): LogEvent[] {
  if (message === '') return [];
  return splitMessage(message).map((piece) => ({ timestamp, message: piece }));
}

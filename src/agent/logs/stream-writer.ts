/**
 * The one writer of a log stream. A put whose answer is lost is never blindly repeated: the writer asks the service for
 * the end of the stream first, and since nobody else writes to it, the count of events at the last timestamp tells
 * whether the put was taken.
 */
import { type Backoff, backoffMs } from '#lib/backoff.ts';
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { Random } from '#lib/random.ts';
import type { ShippingOptions } from './log-options.ts';
import { type LogEvent, type LogSink, SinkError, type StreamTail } from './log-sink.ts';

const retries: Backoff = { firstMs: 1_000, maxMs: 30_000, factor: 2, jitter: 0.2 };

export interface StreamWriterDeps {
  readonly sink: LogSink;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly options: ShippingOptions;
  readonly signal: AbortSignal;
  /** After a refusal: whether to go on trying. */
  readonly mayGiveUp: () => boolean;
}

/** The last timestamp in the stream and how many events carry it. */
interface StreamEnd {
  readonly timestamp: number;
  readonly count: number;
}

/** The service refuses the stream for good, and the container has ended. */
export class GaveUpError extends Error {}

export class StreamWriter {
  readonly #deps: StreamWriterDeps;
  #end: StreamEnd = { timestamp: Number.NEGATIVE_INFINITY, count: 0 };

  constructor(deps: StreamWriterDeps) {
    this.#deps = deps;
  }

  /** Makes the stream (and the group, if the task asks for it) and answers what is in it already. */
  open(): Promise<StreamTail | undefined> {
    return this.#persist(async () => {
      await this.#create();
      return await this.#readEnd();
    });
  }

  /** Resolves when the events are stored, once; events in order of time. */
  async write(events: readonly LogEvent[]): Promise<void> {
    let unsure = false;
    const before = this.#end;
    await this.#persist(async () => {
      if (unsure) {
        await this.#readEnd();
        unsure = false;
        if (this.#holds(before, events)) return;
      }
      try {
        await this.#deps.sink.put(this.#deps.options.destination, events);
      } catch (error) {
        unsure = error instanceof SinkError && error.failure === 'unknown';
        if (error instanceof SinkError && /-missing$/.test(error.failure)) await this.#create();
        throw error;
      }
      this.#end = endAfter(before, events);
    });
  }

  /** Puts are atomic: the stream's end is as before, or as after. */
  #holds(before: StreamEnd, events: readonly LogEvent[]): boolean {
    const after = endAfter(before, events);
    return this.#end.timestamp === after.timestamp && this.#end.count >= after.count;
  }

  async #readEnd(): Promise<StreamTail | undefined> {
    const tail = await this.#deps.sink.tail(this.#deps.options.destination);
    if (tail) this.#end = { timestamp: tail.timestamp, count: tail.messages.length };
    return tail;
  }

  async #create(): Promise<void> {
    const { sink, options } = this.#deps;
    try {
      await sink.createStream(options.destination);
    } catch (error) {
      if (!(error instanceof SinkError) || error.failure !== 'group-missing' || !options.createGroup) throw error;
      await sink.createGroup(options.destination);
      await sink.createStream(options.destination);
    }
  }

  /** Until it succeeds; each failure is told once for every new reason. */
  async #persist<T>(attempt: () => Promise<T>): Promise<T> {
    const { clock, random, logger, options, signal } = this.#deps;
    let told = '';
    for (let failures = 1; ; failures++) {
      signal.throwIfAborted();
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof SinkError)) throw error;
        const final = error.failure === 'refused' || error.failure === 'group-missing';
        if (final && this.#deps.mayGiveUp()) {
          throw new GaveUpError(`log events could not be delivered: ${error.message}`, { cause: error });
        }
        if (told !== error.message)
          logger.warn('log events cannot be delivered; trying on', { ...options.destination, error: error.message });
        told = error.message;
        await clock.sleep(backoffMs(retries, failures, random), signal);
      }
    }
  }
}

function endAfter(before: StreamEnd, events: readonly LogEvent[]): StreamEnd {
  const timestamp = Math.max(before.timestamp, events.at(-1)!.timestamp);
  const added = events.filter((event) => event.timestamp === timestamp).length;
  return { timestamp, count: added + (before.timestamp === timestamp ? before.count : 0) };
}

/** Doubles for this folder's tests: an engine that only has logs, and a sink with faults. Not used outside tests. */
import { setImmediate } from 'node:timers/promises';
import type { FakeClock } from '#lib/clock.ts';
import type { ContainerEngine, FollowLogsOptions, LogLine } from '../engine-api/engine.ts';
import { type LogDestination, type LogEvent, type LogSink, SinkError, type StreamTail } from './log-sink.ts';

/** One container whose lines a test writes. */
export class FakeContainer implements Pick<ContainerEngine, 'logs'> {
  readonly lines: LogLine[] = [];
  running = true;
  #waiters: (() => void)[] = [];

  #wake(): void {
    for (const resolve of this.#waiters.splice(0)) resolve();
  }

  write(timestampNs: bigint, message: string, options: Partial<LogLine> = {}): void {
    this.lines.push({ stream: 'stdout', timestampNs, message, partial: false, ...options });
    this.#wake();
  }

  stop(): void {
    this.running = false;
    this.#wake();
  }

  async *logs(_container: string, options: FollowLogsOptions = {}): AsyncGenerator<LogLine> {
    const { sinceNs = 0n, follow = true, signal } = options;
    for (let at = 0; !signal?.aborted; at++) {
      while (at >= this.lines.length && follow && this.running && !signal?.aborted) {
        await new Promise<void>((resolve) => {
          this.#waiters.push(resolve);
          signal?.addEventListener('abort', () => resolve(), { once: true });
        });
      }
      if (at >= this.lines.length || signal?.aborted) return;
      if (this.lines[at]!.timestampNs >= sinceNs) yield this.lines[at]!;
    }
  }
}

export type PutFault = 'none' | 'lost before' | 'lost after' | 'busy' | 'refused';

/** Handles one call after the other, each taking time, so that a put outlives the agent that sent it. */
export class FakeSink implements LogSink {
  readonly events: LogEvent[] = [];
  readonly putSizes: number[] = [];
  nextFault: () => PutFault = () => 'none';
  groupExists = true;
  streamExists = false;
  readonly #clock: FakeClock;
  #last: Promise<unknown> = Promise.resolve();

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  #inOrder<T>(call: () => T): Promise<T> {
    const result = this.#last.then(async () => {
      await this.#clock.sleep(30);
      return call();
    });
    this.#last = result.catch(() => {});
    return result;
  }

  createGroup(): Promise<void> {
    return this.#inOrder(() => {
      this.groupExists = true;
    });
  }

  createStream(): Promise<void> {
    return this.#inOrder(() => {
      if (!this.groupExists) throw new SinkError('group-missing', 'The specified log group does not exist.');
      this.streamExists = true;
    });
  }

  put(_destination: LogDestination, events: readonly LogEvent[]): Promise<void> {
    return this.#inOrder(() => {
      if (!this.streamExists) throw new SinkError('stream-missing', 'The specified log stream does not exist.');
      const fault = this.nextFault();
      if (fault === 'busy' || fault === 'refused') throw new SinkError(fault, fault);
      if (fault === 'lost before') throw new SinkError('unknown', fault);
      if (events.some((event, index) => index > 0 && event.timestamp < events[index - 1]!.timestamp)) {
        throw new SinkError('refused', 'not in chronological order');
      }
      this.events.push(...events);
      this.events.sort((a, b) => a.timestamp - b.timestamp);
      this.putSizes.push(events.length);
      if (fault === 'lost after') throw new SinkError('unknown', fault);
    });
  }

  tail(): Promise<StreamTail | undefined> {
    return this.#inOrder(() => {
      const timestamp = this.events.at(-1)?.timestamp;
      if (timestamp === undefined) return undefined;
      const messages = this.events.filter((event) => event.timestamp === timestamp).map((event) => event.message);
      return { timestamp, messages };
    });
  }

  close(): void {}
}

/** Lets everything that is due happen while the clock moves on by `ms`. */
export async function pass(clock: FakeClock, ms: number): Promise<void> {
  for (const end = clock.now() + ms; clock.now() < end; clock.advance(Math.min(10, end - clock.now()))) {
    await setImmediate();
  }
  await setImmediate();
}

/** Moves the clock until the promise settles; fails after `limitMs` of the fake time. */
export async function settle<T>(clock: FakeClock, promise: Promise<T>, limitMs = 3_600_000): Promise<T> {
  let settled = false;
  const mark = () => {
    settled = true;
  };
  promise.then(mark, mark);
  for (const end = clock.now() + limitMs; !settled; ) {
    if (clock.now() >= end) throw new Error(`not settled after ${limitMs} ms`);
    await pass(clock, 50);
  }
  return promise;
}

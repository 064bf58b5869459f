/**
 * Fresh statistics for containers that ask (task metadata endpoint). A stream of one sample a second costs the engine
 * work, so it is opened at the first question and closed when nobody has asked for IDLE_MS.
 */
import type { Clock, Timer } from '#lib/clock.ts';
import { type ContainerEngine, isEngineError, type StatsSample } from '../engine-api/engine.ts';

const IDLE_MS = 30_000;
/** A first answer waits this long for a sample with a predecessor, from which clients compute CPU shares. */
const FIRST_ANSWER_MS = 3_000;

export interface LiveStats {
  readonly last: StatsSample;
  readonly previous?: StatsSample;
}

interface Feed {
  readonly abort: AbortController;
  last?: StatsSample;
  previous?: StatsSample;
  idle: Timer;
  /** Resolves when two samples are there, or the stream has ended. */
  readonly ready: Promise<void>;
}

export class LiveStatsFeeds {
  readonly #engine: Pick<ContainerEngine, 'stats'>;
  readonly #clock: Clock;
  readonly #feeds = new Map<string, Feed>();

  constructor(engine: Pick<ContainerEngine, 'stats'>, clock: Clock) {
    this.#engine = engine;
    this.#clock = clock;
  }

  /** The newest sample and the one before; undefined when the container does not run. */
  async get(runtimeId: string): Promise<LiveStats | undefined> {
    const feed = this.#feeds.get(runtimeId) ?? this.#open(runtimeId);
    feed.idle.cancel();
    feed.idle = this.#clock.after(IDLE_MS, () => this.#end(runtimeId, feed));
    if (!feed.previous)
      await Promise.race([feed.ready, this.#clock.sleep(FIRST_ANSWER_MS, feed.abort.signal).catch(() => {})]);
    if (!feed.last) return undefined;
    return { last: feed.last, ...(feed.previous ? { previous: feed.previous } : {}) };
  }

  #open(runtimeId: string): Feed {
    const abort = new AbortController();
    const { promise: ready, resolve } = Promise.withResolvers<void>();
    const feed: Feed = { abort, ready, idle: { cancel: () => {} } };
    this.#feeds.set(runtimeId, feed);
    void this.#follow(runtimeId, feed, resolve);
    return feed;
  }

  async #follow(runtimeId: string, feed: Feed, ready: () => void): Promise<void> {
    try {
      for await (const sample of this.#engine.stats(runtimeId, feed.abort.signal)) {
        if (feed.last) feed.previous = feed.last;
        feed.last = sample;
        if (feed.previous) ready();
      }
    } catch (error) {
      if (!isEngineError(error)) throw error;
    } finally {
      ready();
      this.#end(runtimeId, feed);
    }
  }

  #end(runtimeId: string, feed: Feed): void {
    feed.idle.cancel();
    feed.abort.abort(new Error('nobody asks for these statistics any more'));
    if (this.#feeds.get(runtimeId) === feed) this.#feeds.delete(runtimeId);
  }

  close(): void {
    for (const [runtimeId, feed] of this.#feeds) this.#end(runtimeId, feed);
  }
}

import { type Backoff, backoffMs } from '#lib/backoff.ts';
import type { EngineEvent, EventSubscription } from '../engine-api/engine.ts';
import type { TaskEngineDeps } from './engine-config.ts';

/** Slower: exits during an engine restart are reported late. Faster: a daemon that is starting is hammered. */
const reconnect: Backoff = { firstMs: 100, maxMs: 5_000, factor: 2, jitter: 0.2 };
/** A connection that lasted this long was a good one. */
const healthyAfterMs = 10_000;

export interface ConnectionHandlers {
  readonly onEvent: (event: EngineEvent) => void;
  readonly onConnected: () => Promise<void>;
  /** Steps may run again. */
  readonly onResumed: () => void;
}

/**
 * Keeps an event subscription open: subscribe, compare everything with the engine (`onConnected`), let steps run, and
 * when the stream ends or a step finds the engine gone, from the beginning. Between those nothing is started.
 */
export class EngineConnection {
  readonly #deps: TaskEngineDeps;
  readonly #handlers: ConnectionHandlers;
  readonly #abort = new AbortController();
  #subscription: EventSubscription | undefined;
  #connected = false;
  #ready: (() => void)[] = [];

  constructor(deps: TaskEngineDeps, handlers: ConnectionHandlers) {
    this.#deps = deps;
    this.#handlers = handlers;
  }

  get isConnected(): boolean {
    return this.#connected;
  }

  start(): void {
    void this.#loop();
  }

  ready(): Promise<void> {
    return this.#connected ? Promise.resolve() : new Promise((resolve) => this.#ready.push(resolve));
  }

  /** A call found the engine gone: begin anew. */
  lost(error: unknown): void {
    if (!this.#connected) return;
    this.#deps.logger.warn('the container engine is out of reach', { error });
    this.#connected = false;
    this.#subscription?.close();
  }

  close(): void {
    this.#abort.abort();
    this.#connected = false;
    this.#subscription?.close();
  }

  async #loop(): Promise<void> {
    const { clock, random, engine, logger } = this.#deps;
    let failures = 0;
    while (!this.#abort.signal.aborted) {
      const sinceMs = clock.now();
      try {
        this.#subscription = await engine.watchEvents(this.#handlers.onEvent);
        await this.#handlers.onConnected();
        if (this.#abort.signal.aborted) break;
        this.#connected = true;
        this.#handlers.onResumed();
        for (const resolve of this.#ready.splice(0)) resolve();
        await this.#subscription.ended;
      } catch (error) {
        if (!this.#abort.signal.aborted) logger.warn('the container engine does not answer; trying again', { error });
      }
      this.#connected = false;
      this.#subscription?.close();
      this.#subscription = undefined;
      if (clock.now() - sinceMs >= healthyAfterMs) failures = 0;
      failures++;
      await clock.sleep(backoffMs(reconnect, failures, random), this.#abort.signal).catch(() => {});
    }
    this.#subscription?.close();
  }
}

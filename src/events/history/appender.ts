/** Gathers records for a moment and appends them in one batch; bounded, never in anybody's way, tries again when the disk fails. */
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { HistoryStorage, NewRecord } from './storage.ts';

/** Longer: more is lost in a crash; shorter: more fsyncs. */
const gatherMs = 50;
/** More: more memory while the storage does not write; fewer: more is lost then. */
const maxWaiting = 50_000;
const retryMs = 5_000;

export class Appender {
  readonly #deps: {
    readonly storage: HistoryStorage;
    readonly clock: Clock;
    readonly logger: Logger;
    readonly what: string;
  };
  #waiting: NewRecord[] = [];
  #dropped = 0;
  #timerSet = false;
  #writing: Promise<void> | undefined;
  #closed = false;

  constructor(deps: {
    readonly storage: HistoryStorage;
    readonly clock: Clock;
    readonly logger: Logger;
    readonly what: string;
  }) {
    this.#deps = deps;
  }

  add(record: NewRecord): void {
    if (this.#waiting.length >= maxWaiting) {
      this.#dropped++;
      return;
    }
    this.#waiting.push(record);
    this.#schedule(gatherMs);
  }

  /** Resolves when what was added before was tried to be written. */
  async flush(): Promise<void> {
    await this.#writing;
    await this.#write();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.flush();
  }

  #schedule(delayMs: number): void {
    if (this.#timerSet || this.#closed) return;
    this.#timerSet = true;
    this.#deps.clock.after(delayMs, () => {
      this.#timerSet = false;
      if (!this.#closed) void this.#write();
    });
  }

  #write(): Promise<void> {
    this.#writing ??= this.#append().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  /** Never rejects. */
  async #append(): Promise<void> {
    const { storage, logger, what } = this.#deps;
    const batch = this.#waiting;
    if (batch.length === 0) return;
    this.#waiting = [];
    try {
      await storage.append(undefined, batch);
      if (this.#dropped > 0)
        logger.warn('some records were lost while they could not be written', { what, lost: this.#dropped });
      this.#dropped = 0;
      if (this.#waiting.length > 0) this.#schedule(gatherMs);
    } catch (error) {
      this.#waiting = [...batch, ...this.#waiting];
      logger.error('records cannot be written; it is tried again', { what, waiting: this.#waiting.length, error });
      this.#schedule(retryMs);
    }
  }
}

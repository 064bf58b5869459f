import type { Clock, Timer } from '#lib/clock.ts';

/** At most one pending timer per key. */
export class KeyedTimers {
  readonly #clock: Clock;
  readonly #timers = new Map<string, Timer>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  has(key: string): boolean {
    return this.#timers.has(key);
  }

  /** Runs `fn` after `delayMs`, in place of what was pending for the key. */
  set(key: string, delayMs: number, fn: () => void): void {
    this.#timers.get(key)?.cancel();
    const timer = this.#clock.after(Math.max(0, delayMs), () => {
      this.#timers.delete(key);
      fn();
    });
    this.#timers.set(key, timer);
  }

  cancelAll(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }
}

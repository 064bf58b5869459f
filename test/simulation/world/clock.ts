import type { Clock, FakeClock, Timer } from '#lib/clock.ts';

const noTimer: Timer = { cancel() {} };

/** The clock of one process: its timers die with it. */
export class MortalClock implements Clock {
  readonly #base: FakeClock;
  readonly #timers = new Set<Timer>();
  #dead = false;

  constructor(base: FakeClock) {
    this.#base = base;
  }

  now(): number {
    return this.#base.now();
  }

  after(delayMs: number, fn: () => void): Timer {
    if (this.#dead) return noTimer;
    const timer = this.#base.after(delayMs, () => {
      this.#timers.delete(timer);
      fn();
    });
    this.#timers.add(timer);
    return {
      cancel: () => {
        if (this.#timers.delete(timer)) timer.cancel();
      },
    };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        timer.cancel();
        reject(signal?.reason);
      };
      const timer = this.after(delayMs, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  die(): void {
    this.#dead = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }
}

/** One life of a process: what is done in its name after its end has no effect. */
export interface Life {
  readonly clock: MortalClock;
  dead: boolean;
}

export const newLife = (base: FakeClock): Life => ({ clock: new MortalClock(base), dead: false });

export function endLife(life: Life): void {
  life.dead = true;
  life.clock.die();
}

export const never = <T>(): Promise<T> => new Promise<T>(() => {});

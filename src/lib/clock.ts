/**
 * Time as a dependency: rooms never call Date.now or setTimeout themselves, so the whole control plane runs under a
 * fake clock in simulations. Times are epoch milliseconds, durations are milliseconds.
 */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Runs `fn` once after `delayMs`. A pending timer never keeps the process alive. */
  after(delayMs: number, fn: () => void): Timer;
  /** Resolves after `delayMs`, or rejects with the signal's reason when it aborts first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

function sleepOn(clock: Pick<Clock, 'after'>, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** Node fires at once when it is asked to wait longer. */
const longestTimeoutMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, fn) {
    let handle: NodeJS.Timeout;
    const wait = (leftMs: number) => {
      const isLast = leftMs <= longestTimeoutMs;
      handle = setTimeout(isLast ? fn : () => wait(leftMs - longestTimeoutMs), Math.min(leftMs, longestTimeoutMs));
      handle.unref();
    };
    wait(delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
  sleep: (delayMs, signal) => sleepOn(systemClock, delayMs, signal),
};

interface Pending {
  readonly dueMs: number;
  readonly order: number;
  readonly fn: () => void;
}

/** A clock that stands still until `advance` is called; timers fire in due order, ties in the order they were set. */
export class FakeClock implements Clock {
  #nowMs: number;
  #order = 0;
  #pending: Pending[] = [];

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, fn: () => void): Timer {
    const entry: Pending = { dueMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, fn };
    let low = 0;
    let high = this.#pending.length;
    while (low < high) {
      const mid = (low + high) >>> 1;
      if (this.#pending[mid]!.dueMs <= entry.dueMs) low = mid + 1;
      else high = mid;
    }
    this.#pending.splice(low, 0, entry);
    return {
      cancel: () => {
        const at = this.#pending.indexOf(entry);
        if (at >= 0) this.#pending.splice(at, 1);
      },
    };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal);
  }

  /** Epoch milliseconds of the next timer, if any. */
  nextDue(): number | undefined {
    return this.#pending[0]?.dueMs;
  }

  /** Moves time forward by `ms`, firing every timer that falls due on the way at its own time. */
  advance(ms: number): void {
    const targetMs = this.#nowMs + ms;
    for (let next = this.#pending[0]; next && next.dueMs <= targetMs; next = this.#pending[0]) {
      this.#pending.shift();
      this.#nowMs = next.dueMs;
      next.fn();
    }
    this.#nowMs = targetMs;
  }
}

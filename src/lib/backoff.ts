import type { Random } from './random.ts';

export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
  readonly factor: number;
  /** Share of the delay that is drawn at random, 0 to 1: 0.2 gives between 80 % and 120 % of it. */
  readonly jitter: number;
}

/** Delay before the try after `failures` failures in a row (1 for the first), in milliseconds. */
export function backoffMs(backoff: Backoff, failures: number, random?: Random): number {
  const plain = Math.min(backoff.maxMs, backoff.firstMs * backoff.factor ** Math.max(0, failures - 1));
  return random ? plain * (1 - backoff.jitter + 2 * backoff.jitter * random.unit()) : plain;
}

/**
 * Request throttling by token buckets, one of each kind an account and region: a bucket holds up to `burst` tokens, gains
 * `perSecond` of them, and a call takes one. Operations without a bucket are not throttled. State is this process's own.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html
 */
import type { Clock } from '#lib/clock.ts';

export interface ThrottleBucket {
  readonly name: string;
  /** Whole tokens; the most calls at once. */
  readonly burst: number;
  readonly perSecond: number;
  readonly operations: readonly string[];
}

export interface ThrottledCall {
  readonly service: string;
  readonly operation: string;
  readonly account: string;
  readonly region: string;
}

/** Takes a token for the call; false when there is none. */
export type Throttle = (call: ThrottledCall) => boolean;

/** More: buckets of scopes that are no longer used cost memory for longer. */
const MAX_LEVELS = 10_000;

interface Level {
  tokens: number;
  atMs: number;
}

/** `buckets` by service. */
export function createThrottle(
  buckets: Readonly<Record<string, readonly ThrottleBucket[]>>,
  clock: Pick<Clock, 'now'>,
): Throttle {
  const byOperation = new Map<string, ThrottleBucket>();
  for (const [service, list] of Object.entries(buckets)) {
    for (const bucket of list) {
      for (const operation of bucket.operations) byOperation.set(`${service}:${operation}`, bucket);
    }
  }
  const levels = new Map<string, Level>();
  return ({ service, operation, account, region }) => {
    const bucket = byOperation.get(`${service}:${operation}`);
    if (!bucket) return true;
    const key = `${service}/${bucket.name}/${account}/${region}`;
    const nowMs = clock.now();
    const level = levels.get(key) ?? { tokens: bucket.burst, atMs: nowMs };
    const gained = (Math.max(0, nowMs - level.atMs) / 1000) * bucket.perSecond;
    level.tokens = Math.min(bucket.burst, level.tokens + gained);
    level.atMs = nowMs;
    // The one that was used last goes to the end; the first is the one that may be full again.
    levels.delete(key);
    levels.set(key, level);
    if (levels.size > MAX_LEVELS) levels.delete(levels.keys().next().value!);
    if (level.tokens < 1) return false;
    level.tokens -= 1;
    return true;
  };
}

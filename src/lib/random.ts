import { randomBytes } from 'node:crypto';

/** Randomness as a dependency: ids, jitter and secrets all draw from one source, seeded in simulations. */
export interface Random {
  /** `count` random bytes. */
  bytes(count: number): Uint8Array;
  /** Uniform in [0, 1). */
  unit(): number;
}

let pool = randomBytes(4096);
let used = 0;

/** Cryptographically strong; drawn from the kernel 4 KiB at a time, because one call per id is slow. */
export const systemRandom: Random = {
  bytes(count) {
    if (count > 4096) return randomBytes(count);
    if (used + count > pool.length) {
      pool = randomBytes(4096);
      used = 0;
    }
    used += count;
    return pool.subarray(used - count, used);
  },
  unit: () => Math.random(),
};

/** Repeatable: the same seed gives the same draws (mulberry32). Never for secrets outside tests. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next32 = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
  return {
    bytes(count) {
      const out = new Uint8Array(count);
      for (let i = 0; i < count; i++) out[i] = next32() & 0xff;
      return out;
    },
    unit: () => next32() / 2 ** 32,
  };
}

import { type Random, seededRandom } from '#lib/random.ts';

/** Draws of one seed, in the words of a simulation. */
export interface Dice extends Random {
  chance(share: number): boolean;
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number;
  pick<T>(items: readonly T[]): T;
}

export function createDice(seed: number): Dice {
  const random = seededRandom(seed);
  return {
    ...random,
    chance: (share) => random.unit() < share,
    between: (low, high) => low + Math.floor(random.unit() * (high - low + 1)),
    pick: (items) => items[Math.floor(random.unit() * items.length)]!,
  };
}

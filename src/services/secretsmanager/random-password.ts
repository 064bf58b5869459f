/** Passwords drawn evenly from the characters that are left. */
import type { Random } from '#lib/random.ts';
import { invalidParameter } from './errors.ts';

const classes = {
  lowercase: 'abcdefghijklmnopqrstuvwxyz',
  uppercase: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  numbers: '0123456789',
  punctuation: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
} as const;

export interface PasswordRules {
  readonly length: number;
  readonly excluded: readonly (keyof typeof classes)[];
  readonly excludeCharacters: string;
  readonly includeSpace: boolean;
  readonly requireEach: boolean;
}

/** An even draw below `bound`: bytes that would favour the small numbers are thrown away. */
function below(random: Random, bound: number): number {
  const limit = 65_536 - (65_536 % bound);
  for (;;) {
    const [high, low] = random.bytes(2);
    const drawn = high! * 256 + low!;
    if (drawn < limit) return drawn % bound;
  }
}

export function randomPassword(random: Random, rules: PasswordRules): string {
  const left = Object.entries(classes)
    .filter(([name]) => !rules.excluded.some((one) => one === name))
    .map(([, characters]) => characters);
  if (rules.includeSpace) left.push(' ' as never);
  const groups = left
    .map((characters) => [...characters].filter((one) => !rules.excludeCharacters.includes(one)))
    .filter((group) => group.length > 0);
  const pool = groups.flat();
  if (pool.length === 0) throw invalidParameter('There are no characters left to make a password of.');
  const required = rules.requireEach ? groups : [];
  if (rules.length < required.length) {
    throw invalidParameter('Password length is too short based on the required types.');
  }
  const drawn = required.map((group) => group[below(random, group.length)]!);
  while (drawn.length < rules.length) drawn.push(pool[below(random, pool.length)]!);
  for (let at = drawn.length - 1; at > 0; at--) {
    const other = below(random, at + 1);
    [drawn[at], drawn[other]] = [drawn[other]!, drawn[at]!];
  }
  return drawn.join('');
}

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type GlobMode, glob, matches } from './glob.ts';

/** The rules, tried out one after the other: slow, but plain to see. */
function naive(pattern: string, text: string, mode: GlobMode): boolean {
  const isFree = (at: number): boolean => {
    if (mode === 'text') return true;
    if (pattern.slice(0, at).split(':').length > 5) return true;
    return mode === 'resource' && pattern[at] === '*' && (at + 1 === pattern.length || pattern[at + 1] === ':');
  };
  const from = (p: number, t: number): boolean => {
    if (p === pattern.length) return t === text.length;
    const mayTake = t < text.length && (isFree(p) || text[t] !== ':');
    if (pattern[p] === '*') return from(p + 1, t) || (mayTake && from(p, t + 1));
    if (pattern[p] === '?') return mayTake && from(p + 1, t + 1);
    return pattern[p] === text[t] && from(p + 1, t + 1);
  };
  return from(0, 0);
}

const patterns = fc.string({ unit: fc.constantFrom('a', 'b', ':', '*', '?', '*'), maxLength: 12 });
const texts = fc.string({ unit: fc.constantFrom('a', 'b', ':'), maxLength: 12 });

describe('wildcards', () => {
  for (const mode of ['text', 'resource', 'arn'] as const) {
    it(`${mode}: agrees with the naive matcher`, () => {
      fc.assert(
        fc.property(patterns, texts, (pattern, text) => {
          assert.equal(matches(glob(pattern, mode), text), naive(pattern, text, mode), `${pattern} on ${text}`);
        }),
        { numRuns: 4000 },
      );
    });
  }

  it('takes no time that grows exponentially', () => {
    const pattern = glob(`${'*a'.repeat(200)}b`, 'text');
    assert.equal(matches(pattern, 'a'.repeat(2000)), false);
  });

  const task = 'arn:aws:ecs:us-east-1:111122223333:task/default/0123';
  const cases: readonly [string, boolean, string?][] = [
    ['*', true],
    ['arn:aws:ecs:us-east-1:111122223333:task/default/*', true],
    ['arn:aws:ecs:*:*:task/*/0123', true],
    ['arn:aws:ecs:*', true],
    ['arn:aws:ecs:us-*:111122223333:task/default/0123', true],
    ['arn:aws:ecs:us-east-?:*:task/*', true],
    ['arn:aws:ecs:*-1:*:task/default/*', true],
    ['arn:aws:ecs:us-east-1:111122223333:TASK/default/*', false],
    ['arn:aws:ecs:us-east-1:444455556666:task/*', false],
    ['arn:aws:ecs:us-east-1:*3:task/default/0123', true],
    [
      'arn:aws:logs:*:*:log-group:/aws/ecs/*:log-stream:*',
      true,
      'arn:aws:logs:eu-west-1:1:log-group:/aws/ecs/a:log-stream:b',
    ],
    ['arn:aws:ecs:u*1:111122223333:task/x', false, 'arn:aws:ecs:us:9:1:111122223333:task/x'],
  ];
  for (const [pattern, expected, text = task] of cases) {
    it(`${pattern} ${expected ? 'covers' : 'does not cover'} ${text}`, () => {
      assert.equal(matches(glob(pattern, 'resource'), text), expected);
    });
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { matchesWildcard } from './wildcard.ts';

test('patterns', () => {
  const cases: [string, string, boolean][] = [
    ['*', '', true],
    ['*', 'anything', true],
    ['v*', 'v1', true],
    ['v*', 'v', true],
    ['v*', 'av', false],
    ['*-dev', 'x-dev', true],
    ['*-dev', 'x-dev1', false],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['a*b*c', 'a1b2c', true],
    ['a*b*c', 'acb', false],
    ['*test*1*', 'a test of 1', true],
    ['1.0', '1x0', false],
    ['', '', true],
    ['', 'x', false],
  ];
  for (const [pattern, text, expected] of cases)
    assert.equal(matchesWildcard(pattern, text), expected, `${pattern} ${text}`);
});

test('the same as a regular expression', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 8 });
  const patterns = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*'), maxLength: 6 });
  fc.assert(
    fc.property(patterns, letters, (pattern, text) => {
      const source = pattern.replaceAll('.', '\\.').replaceAll('*', '.*');
      assert.equal(matchesWildcard(pattern, text), new RegExp(`^${source}$`).test(text));
    }),
  );
});

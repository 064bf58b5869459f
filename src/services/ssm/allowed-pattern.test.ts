import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkAllowedPattern } from './allowed-pattern.ts';

test('the whole value must match', () => {
  checkAllowedPattern(undefined, 'anything');
  checkAllowedPattern('\\d{1,4}', '123');
  checkAllowedPattern('a|b', 'b');
  checkAllowedPattern('.*', 'two\nlines');
  for (const [pattern, value] of [
    ['\\d{1,4}', '12345'],
    ['a|b', 'ab'],
  ] as const) {
    assert.throws(() => checkAllowedPattern(pattern, value), { name: 'ParameterPatternMismatchException' });
  }
  assert.throws(() => checkAllowedPattern('(', 'x'), { name: 'InvalidAllowedPatternException' });
});

test('a pattern that comes to no end is stopped', { timeout: 5000 }, () => {
  assert.throws(() => checkAllowedPattern('(a+)+', `${'a'.repeat(60)}!`), {
    name: 'ParameterPatternMismatchException',
  });
});

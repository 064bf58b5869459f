import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { parseDuration } from './commands/logs.ts';
import { formatTable } from './output.ts';

test('columns are as wide as their widest cell, colours not counted', () => {
  const table = formatTable(
    ['A', 'NAME'],
    [
      ['long cell', 'x'],
      ['\u001b[32mok\u001b[39m', 'y'],
    ],
  );
  const lines = stripVTControlCharacters(table).split('\n');
  assert.deepEqual(lines, ['A          NAME', 'long cell  x', 'ok         y']);
});

test('durations', () => {
  assert.equal(parseDuration('30s'), 30_000);
  assert.equal(parseDuration('2h'), 7_200_000);
  for (const text of ['', '5', 'h', '1w', '-1s', '1.5h']) assert.throws(() => parseDuration(text), /--since/, text);
});

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { logTail, openLogFile } from './log-file.ts';

test('a log goes on where it was, moves aside when it is large, and shows its end', (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'slipway-log-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const file = path.join(directory, 'x.log');
  openLogFile(file).write('first\n');
  const log = openLogFile(file, 20);
  log.write('second, longer than the rest\n');
  assert.equal(readFileSync(file, 'utf8'), 'first\nsecond, longer than the rest\n');
  log.write('third\n');
  log.write('fourth\n');
  log.close();
  assert.equal(readFileSync(file, 'utf8'), 'third\nfourth\n');
  assert.match(readFileSync(`${file}.1`, 'utf8'), /second/);
  assert.equal(logTail(file, 1), 'fourth');
  assert.equal(logTail(path.join(directory, 'none'), 3), '');
});

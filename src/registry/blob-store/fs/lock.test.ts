import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { lockDirectory } from './lock.ts';

it('gives a directory to one at a time', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-lock-'));
  try {
    const unlock = lockDirectory(directory);
    assert.throws(() => lockDirectory(directory), /another process has/);
    unlock();
    lockDirectory(directory)();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

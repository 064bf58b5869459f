import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FakeClock } from '#lib/clock.ts';
import { silentLogger } from '#lib/logger.ts';
import { DiskEventStorage } from './disk-event-storage.ts';

const ROUNDS = Number(process.env['CRASH_ROUNDS'] ?? 6);

/** Runs the writer until it has acknowledged `count` puts, then kills it; answers the last put of each stream. */
async function writeAndKill(directory: string, first: number, count: number): Promise<Map<number, number>> {
  const writer = spawn(process.execPath, [join(import.meta.dirname, 'crash-writer.ts'), directory, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  let lines = 0;
  writer.stdout.on('data', (chunk: Buffer) => {
    text += chunk;
    lines += chunk.toString().split('\n').length - 1;
    if (lines >= count) writer.kill('SIGKILL');
  });
  await once(writer, 'close');
  const acknowledged = new Map<number, number>();
  for (const line of text.split('\n').slice(0, -1)) {
    const [stream, n] = line.split(' ').map(Number);
    acknowledged.set(stream!, n!);
  }
  return acknowledged;
}

test(`kill -9 during puts, ${ROUNDS} times: every acknowledged event is there, once, whole and in order`, async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-log-crash-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  let acknowledgedInAll = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const first = round * 1_000_000;
    const acknowledged = await writeAndKill(directory, first, 150 + round * 70);
    const storage = await DiskEventStorage.open({ directory, clock: new FakeClock(), logger: silentLogger });
    for (const [stream, last] of acknowledged) {
      const seen: string[] = [];
      const address = { groupId: 'a'.repeat(32), streamId: String(stream).padStart(32, '0') };
      for await (const event of storage.read(address, { direction: 'forward', fromTime: first }))
        seen.push(event.message);
      const expected: string[] = [];
      for (let n = first; n <= last; n++) for (let i = 0; i <= n % 3; i++) expected.push(`${n}.${i}`);
      assert.deepEqual(seen.slice(0, expected.length), expected);
      // At most one put more, and that whole: on the disk, but killed before its acknowledgement was read.
      const extra = seen.slice(expected.length);
      assert.deepEqual(
        extra,
        Array.from({ length: extra.length }, (_, i) => `${last + 1}.${i}`),
      );
      assert.ok(extra.length === 0 || extra.length === 1 + ((last + 1) % 3));
      acknowledgedInAll += expected.length;
    }
    await storage.close();
  }
  assert.ok(acknowledgedInAll > 500);
});

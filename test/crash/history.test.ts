import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createHistory } from '#events/history/history.ts';
import { stateOf } from '#events/history/record.ts';
import { openSqliteHistory } from '#events/history/sqlite-storage.ts';
import { systemClock } from '#lib/clock.ts';
import { silentLogger } from '#lib/logger.ts';
import { openSqliteJournal } from '#store/journals/sqlite.ts';
import { Store } from '#store/store.ts';
import { allTables } from '#store/tables/all.ts';
import { tasks } from '#store/tables/ecs.ts';

const ROUNDS = Number(process.env['CRASH_ROUNDS'] ?? 3);

async function writeAndKill(directory: string, count: number): Promise<void> {
  const writer = spawn(process.execPath, [join(import.meta.dirname, 'history-writer.ts'), directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let lines = 0;
  writer.stdout.on('data', (chunk: Buffer) => {
    lines += chunk.toString().split('\n').length - 1;
    if (lines >= count) writer.kill('SIGKILL');
  });
  await once(writer, 'close');
  assert.ok(lines >= count);
}

test(`kill -9, ${ROUNDS} times: each durable change is recorded once, gaps are caught up with in one record`, async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-history-crash-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  for (let round = 0; round < ROUNDS; round++) {
    await writeAndKill(directory, 60 + round * 35);
    const store = await Store.open({
      journal: await openSqliteJournal({ path: join(directory, 'state.sqlite') }),
      tables: allTables,
    });
    const storage = await openSqliteHistory(join(directory, 'history.sqlite'));
    const history = createHistory({ storage, clock: systemClock, logger: silentLogger });
    await history.attach(store);
    for (const row of store.all(tasks)) {
      const entries = await history.entries(row.arn, { limit: 100_000 });
      assert.equal(stateOf(entries)['stoppedReason'], row.stoppedReason, 'the last state is recorded');
      const versions = entries.map(({ version }) => version!);
      assert.deepEqual(
        versions,
        [...new Set(versions)].sort((a, b) => a - b),
        'in order, none twice',
      );
      assert.equal(versions.at(-1), row.version);
      // Between two records of the living process nothing is missing.
      entries.forEach(({ type, version }, at) => {
        if (type === 'CHANGED') assert.equal(version, versions[at - 1]! + 1);
      });
    }
    await store.close();
    await history.close();
  }
});

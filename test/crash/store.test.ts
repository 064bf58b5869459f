/**
 * Kills a process that writes to the store, at random moments, again and again on the same file. What it acknowledged
 * must be there, and no transaction in part. SLIPWAY_CRASH_SEED repeats a run's moments, SLIPWAY_CRASH_KILLS sets how many.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { it } from 'node:test';
import { seededRandom } from '#lib/random.ts';
import { openSqliteJournal } from '#store/journals/sqlite.ts';
import { Store } from '#store/store.ts';
import { accounts, crashTables, groupSize, rows } from './tables.ts';

const kills = Number(process.env['SLIPWAY_CRASH_KILLS'] ?? 50);
const seed = Number(process.env['SLIPWAY_CRASH_SEED'] ?? Date.now() % 1_000_000);
/** A kill comes within this time of the writer's first acknowledged write. */
const longestLifeMs = 250;

interface Acknowledged {
  readonly singles: string[];
  group: number;
}

/** Kills the writer `lifeMs` after its first acknowledgement; lines that it wrote before its death still count. */
async function writeAndKill(path: string, round: number, lifeMs: number, acknowledged: Acknowledged): Promise<void> {
  const writer: ChildProcess = spawn(process.execPath, [join(import.meta.dirname, 'writer.ts'), path, String(round)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(writer, 'exit');
  let lines = 0;
  for await (const line of createInterface({ input: writer.stdout! })) {
    const [kind, what] = line.split(' ');
    if (kind === 'single') acknowledged.singles.push(what!);
    if (kind === 'group') acknowledged.group = Number(what);
    lines += 1;
    if (lines === 2) setTimeout(() => writer.kill('SIGKILL'), lifeMs);
  }
  const [code, signal] = await exited;
  assert.equal(signal, 'SIGKILL', `the writer ended by itself (${code})`);
}

function check(store: Store, acknowledged: Acknowledged): void {
  for (const key of acknowledged.singles) assert.ok(store.get(rows, key), `acknowledged ${key} is lost`);
  const group = store.get(rows, 'group/0')?.value ?? 0;
  assert.ok(group >= acknowledged.group, `acknowledged group write ${acknowledged.group} is lost: ${group}`);
  for (let i = 0; i < groupSize; i++) assert.equal(store.get(rows, `group/${i}`)?.value ?? 0, group, 'half a group');
  const marks = [...store.all(rows)].filter((row) => row.key.startsWith('mark/'));
  assert.deepEqual(
    marks.map((row) => row.value),
    group === 0 ? [] : [group],
    'a deletion without its insertion',
  );
  const balances = [...store.all(accounts)].map((row) => row.balance);
  assert.equal(
    balances.reduce((sum, balance) => sum + balance, 0),
    0,
    'half a transfer',
  );
}

it(`the store keeps every acknowledged write through ${kills} kills`, async (t) => {
  t.diagnostic(`repeat with SLIPWAY_CRASH_SEED=${seed}`);
  const random = seededRandom(seed);
  const directory = mkdtempSync(join(tmpdir(), 'slipway-crash-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'state.db');
  const acknowledged: Acknowledged = { singles: [], group: 0 };
  for (let round = 0; round < kills; round++) {
    await writeAndKill(path, round, random.unit() * longestLifeMs, acknowledged);
    const store = await Store.open({ journal: await openSqliteJournal({ path }), tables: crashTables, migrations: [] });
    try {
      check(store, acknowledged);
    } finally {
      await store.close();
    }
  }
  t.diagnostic(`${acknowledged.singles.length} single and ${acknowledged.group} grouped writes were acknowledged`);
  assert.ok(acknowledged.singles.length > kills, 'the writer hardly wrote');
});

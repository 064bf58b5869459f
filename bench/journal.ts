/**
 * The store on its SQLite journal: durable transactions per second at several concurrencies, next to plain writes that
 * are each followed by an fsync on the same file system; bulk rows per second; the time to load them; memory per row.
 *
 *   node --expose-gc bench/journal.ts [rows, by default 100000] [directory, by default the working one]
 */
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { openSqliteJournal } from '#store/journals/sqlite.ts';
import { volatileJournal } from '#store/journals/volatile.ts';
import { Store } from '#store/store.ts';
import { allTables } from '#store/tables/all.ts';
import { tasks } from '#store/tables/ecs.ts';
import { taskMaker } from './task-rows.ts';

const rowCount = Number(process.argv[2] ?? 100_000);
const directory = mkdtempSync(join(process.argv[3] ?? '.', '.bench-journal-'));
const path = join(directory, 'state.db');
const measureMs = 2000;

const openStore = async () => Store.open({ journal: await openSqliteJournal({ path }), tables: allTables });
const perSecond = (number: number, startMs: number) => Math.round((number / (performance.now() - startMs)) * 1000);
const line = (...cells: (string | number)[]) =>
  console.log(cells.map((cell, at) => (at === 0 ? String(cell).padEnd(44) : String(cell).padStart(12))).join(''));

/** Appends the bytes of one row and waits for the disk, one after the other. */
function plainSyncsPerSecond(rowText: string): number {
  const file = openSync(join(directory, 'plain'), 'w');
  const startMs = performance.now();
  let written = 0;
  for (; performance.now() - startMs < measureMs; written++) {
    writeSync(file, rowText);
    fsyncSync(file);
  }
  closeSync(file);
  return perSecond(written, startMs);
}

async function durableTransactionsPerSecond(store: Store, concurrency: number, keys: readonly string[]) {
  const startMs = performance.now();
  const waits: number[] = [];
  let next = 0;
  const client = async () => {
    while (performance.now() - startMs < measureMs) {
      const key = keys[(next++ * 7919) % keys.length]!;
      const sentMs = performance.now();
      const session = store.session();
      session.transact((tx) => tx.update(tasks, key, (row) => ({ ...row, version: row.version + 1 })));
      await session.durable();
      waits.push(performance.now() - sentMs);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, client));
  waits.sort((a, b) => a - b);
  return { rate: perSecond(waits.length, startMs), p99Ms: waits[Math.floor(waits.length * 0.99)]! };
}

async function insertRows(store: Store, keys: string[]): Promise<number> {
  const make = taskMaker(1);
  let spentMs = 0;
  for (let made = 0; made < rowCount; made += 1000) {
    const rows = Array.from({ length: Math.min(1000, rowCount - made) }, make);
    const startMs = performance.now();
    store.transact((tx) => {
      for (const row of rows) tx.insert(tasks, row);
    });
    await store.durable();
    spentMs += performance.now() - startMs;
    for (const row of rows) keys.push(row.arn);
  }
  return Math.round((rowCount / spentMs) * 1000);
}

async function updateRows(store: Store, keys: readonly string[]): Promise<number> {
  const startMs = performance.now();
  for (let from = 0; from < keys.length; from += 1000) {
    store.transact((tx) => {
      for (const key of keys.slice(from, from + 1000)) {
        tx.update(tasks, key, (row) => ({ ...row, startedAt: 1, version: row.version + 1 }));
      }
    });
    if (store.backlog > 20_000) await store.durable(store.revision - 5);
  }
  await store.durable();
  return perSecond(keys.length, startMs);
}

try {
  console.log(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}, ${rowCount} task rows\n`);
  const keys: string[] = [];
  let store = await openStore();
  line('bulk, batches of 1,000', 'rows/s');
  line('  insert, each batch awaited', await insertRows(store, keys));
  line('  update in the order of insertion', await updateRows(store, keys));
  line('\ndurable single-row updates', 'tx/s', 'p99 ms');
  for (const concurrency of [1, 64, 1024]) {
    const { rate, p99Ms } = await durableTransactionsPerSecond(store, concurrency, keys);
    line(`  concurrency ${concurrency}`, rate, p99Ms.toFixed(2));
  }
  line('  plain write + fsync of one row', plainSyncsPerSecond(JSON.stringify(store.get(tasks, keys[0]!))));
  await store.close();

  store = await Store.open({ journal: volatileJournal(), tables: [] });
  keys.length = 0;
  globalThis.gc?.();
  const heapBefore = process.memoryUsage().heapUsed;
  const startMs = performance.now();
  store = await openStore();
  const loadMs = performance.now() - startMs;
  globalThis.gc?.();
  line('\nload', 'ms', 'rows/s', 'MB on disk', 'heap B/row');
  const heap = globalThis.gc ? Math.round((process.memoryUsage().heapUsed - heapBefore) / rowCount) : '(no gc)';
  line('', Math.round(loadMs), Math.round((rowCount / loadMs) * 1000), Math.round(statSync(path).size / 1e6), heap);
  await store.close();
} finally {
  rmSync(directory, { recursive: true });
}

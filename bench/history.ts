/**
 * What history costs: four changes of each of 100,000 tasks, with and without it.
 *
 *   node bench/history.ts [tasks]
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHistory } from '#events/history/history.ts';
import { openSqliteHistory } from '#events/history/sqlite-storage.ts';
import { systemClock } from '#lib/clock.ts';
import { silentLogger } from '#lib/logger.ts';
import { containerInstanceArn, serviceArn } from '#model/arn.ts';
import type { TaskRow } from '#model/rows.ts';
import { volatileJournal } from '#store/journals/volatile.ts';
import { Store } from '#store/store.ts';
import { allTables } from '#store/tables/all.ts';
import { tasks } from '#store/tables/ecs.ts';
import { taskRow } from '../test/support/task-rows.ts';

const count = Number(process.argv[2] ?? 100_000);
const perTransaction = 100;
const scope = { account: '123456789012', region: 'us-east-1' };

const changes: readonly ((row: TaskRow) => Partial<TaskRow>)[] = [
  (row) => ({
    lastStatus: 'RUNNING',
    containers: row.containers.map((one) => ({ ...one, lastStatus: 'RUNNING', runtimeId: 'a'.repeat(64) })),
  }),
  () => ({ desiredStatus: 'STOPPED', stopCode: 'UserInitiated', stoppedReason: 'enough' }),
  (row) => ({
    lastStatus: 'STOPPED',
    containers: row.containers.map((one) => ({ ...one, lastStatus: 'STOPPED', exitCode: 0 })),
  }),
];

async function changeAll(store: Store, rows: readonly TaskRow[], change: (row: TaskRow) => Partial<TaskRow>) {
  for (let from = 0; from < rows.length; from += perTransaction) {
    store.transact((tx) => {
      for (const { arn } of rows.slice(from, from + perTransaction)) {
        tx.update(tasks, arn, (row) => ({ ...row, ...change(row), version: row.version + 1 }));
      }
    });
    await store.durable();
  }
}

async function measure(isOn: boolean): Promise<{ cpuMs: number; totalMs: number; bytes: number }> {
  const store = await Store.open({ journal: volatileJournal(), tables: allTables });
  const directory = mkdtempSync(join(tmpdir(), 'slipway-bench-'));
  const path = join(directory, 'history.sqlite');
  const history = createHistory({ storage: await openSqliteHistory(path), clock: systemClock, logger: silentLogger });
  if (isOn) await history.attach(store);
  const rows = Array.from({ length: count }, (_, at) =>
    taskRow({
      serviceArn: serviceArn(scope, 'default', `service-${at % 100}`),
      containerInstanceArn: containerInstanceArn(scope, 'default', String(at % 1000).padStart(32, '0')),
    }),
  );
  const startedAt = performance.now();
  const before = process.cpuUsage();
  for (let from = 0; from < count; from += perTransaction) {
    store.transact((tx) => {
      for (const row of rows.slice(from, from + perTransaction)) tx.insert(tasks, row);
    });
    await store.durable();
  }
  for (const change of changes) await changeAll(store, rows, change);
  await store.close();
  await history.close();
  const { user, system } = process.cpuUsage(before);
  const bytes = statSync(path).size;
  rmSync(directory, { recursive: true });
  return { cpuMs: (user + system) / 1000, totalMs: performance.now() - startedAt, bytes };
}

const off = await measure(false);
const on = await measure(true);
const records = count * (changes.length + 1);
const each = (ms: number) => `${((ms * 1000) / records).toFixed(1)} µs`;
process.stdout.write(
  `${records} records: ${each(on.cpuMs - off.cpuMs)} of CPU each in both threads together (${each(off.cpuMs)} without history), ` +
    `${Math.round(records / (on.totalMs / 1000))} records/s in all, ${Math.round(on.bytes / count)} bytes a task\n`,
);

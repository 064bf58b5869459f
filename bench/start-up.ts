/**
 * Start-up of `slipway up` with an empty store and with 100,000 tasks in it, and what the idle processes use: memory and
 * CPU over a minute, without and with the agent (where Docker answers).
 *
 *   node bench/start-up.ts [--seconds 60] [--tasks 100000]
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openSqliteJournal } from '#store/journals/sqlite.ts';
import { Store } from '#store/store.ts';
import { allTables } from '#store/tables/all.ts';
import { tasks } from '#store/tables/ecs.ts';
import { printTable } from './figures.ts';
import { sampleTask } from './sample-rows.ts';
import { childrenOf, removeData, startSlipway, temporaryData, usageOf } from './slipway-process.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, tasks: { type: 'string', default: '100000' } },
});
const seconds = Number(values.seconds);
const taskCount = Number(values.tasks);

async function fillStore(dataDir: string): Promise<void> {
  const store = await Store.open({
    journal: await openSqliteJournal({ path: join(dataDir, 'state.sqlite') }),
    tables: allTables,
  });
  for (let from = 0; from < taskCount; from += 1000) {
    store.transact((tx) => {
      for (let n = from; n < Math.min(from + 1000, taskCount); n++) tx.insert(tasks, sampleTask(n));
    });
    await store.durable();
  }
  await store.close();
}

/** Start-up's own work and garbage are over by then. */
const SETTLE_MS = 15_000;

async function idleUsage(pid: number): Promise<{ rssMiB: number; cpuPercent: number }> {
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const before = await usageOf(pid);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const after = await usageOf(pid);
  return { rssMiB: after.rssMiB, cpuPercent: ((after.cpuSeconds - before.cpuSeconds) / seconds) * 100 };
}

const rows: (string | number)[][] = [['case', 'healthy after ms', 'process', 'idle RSS MiB', 'idle CPU % of a core']];
for (const [name, filled] of [
  ['empty store', false],
  [`${taskCount} tasks`, true],
] as const) {
  const dataDir = await temporaryData();
  if (!filled) await (await startSlipway(dataDir, ['--no-agent', '--no-sample'])).stop();
  else {
    await (await startSlipway(dataDir, ['--no-agent', '--no-sample'])).stop();
    await fillStore(dataDir);
    // The first start after the rows were put there behind its back brings the history up to date.
    await (await startSlipway(dataDir, ['--no-agent', '--no-sample'])).stop();
  }
  const slipway = await startSlipway(dataDir, ['--no-agent', '--no-sample']);
  const idle = await idleUsage(slipway.process.pid!);
  rows.push([
    name,
    slipway.startedInMs.toFixed(0),
    'control plane',
    idle.rssMiB.toFixed(0),
    idle.cpuPercent.toFixed(2),
  ]);
  await slipway.stop();
  await removeData(dataDir);
}
if (existsSync('/var/run/docker.sock')) {
  const dataDir = await temporaryData();
  const slipway = await startSlipway(dataDir, ['--no-sample']);
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  const pids = [slipway.process.pid!, ...(await childrenOf(slipway.process.pid!))];
  const idle = await Promise.all(pids.map(idleUsage));
  idle.forEach(({ rssMiB, cpuPercent }, at) => {
    rows.push([
      at ? '' : 'with agent',
      at ? '' : slipway.startedInMs.toFixed(0),
      at ? 'agent' : 'control plane',
      rssMiB.toFixed(0),
      cpuPercent.toFixed(2),
    ]);
  });
  await slipway.stop();
  await removeData(dataDir);
} else console.log('with agent: skipped, no Docker Engine answers at /var/run/docker.sock');
printTable(rows);

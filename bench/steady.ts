/**
 * A control plane that has been filled: what it costs at rest, how soon a stopped task is replaced, how fast its API
 * answers meanwhile, and how long it takes to serve again after a restart.
 *
 *   node bench/steady.ts [--instances 1000] [--services 100] [--tasks 1000] [--samples 300] [--rest 65 (seconds)] [--directory .]
 *
 * The agents share the control plane's thread, the client has one of its own; every figure includes the client's own work.
 */
import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { DescribeServicesCommand } from '@aws-sdk/client-ecs';
import { seededRandom } from '#lib/random.ts';
import type { TaskRow } from '#model/rows.ts';
import { changeOf } from '#store/store.ts';
import { tasks } from '#store/tables/ecs.ts';
import { ApiClient } from './api-client.ts';
import { BenchCluster, clientConfig, clientOf, openControlPlane, secondsSince } from './cluster.ts';
import { percentile, printTable } from './figures.ts';

const { values } = parseArgs({
  options: {
    instances: { type: 'string', default: '1000' },
    services: { type: 'string', default: '100' },
    tasks: { type: 'string', default: '1000' },
    samples: { type: 'string', default: '300' },
    rest: { type: 'string', default: '65' },
    directory: { type: 'string', default: '.' },
  },
});
const serviceCount = Number(values.services);
const wanted = serviceCount * Number(values.tasks);
const samples = Number(values.samples);
/** By default a full pass of the reconcilers is within. */
const restMs = Number(values.rest) * 1000;
/** Calls of each kind before the first that is measured: the client's code is new. */
const warmUps = 100;
const random = seededRandom(1);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const cluster = await BenchCluster.open(values.directory);
const { store } = cluster.controlPlane;
const rows: string[][] = [['', 'p50 ms', 'p99 ms', 'max ms']];
const addRow = (name: string, times: readonly number[]) =>
  rows.push([name, ...[0.5, 0.99, 1].map((share) => percentile(times, share).toFixed(1))]);

/** Stops a task as if it had died and resolves with the time until its service has a new one, durably. */
async function replaceOne(task: TaskRow): Promise<number> {
  const startMs = performance.now();
  const replaced = new Promise<number>((resolve) => {
    const unsubscribe = store.subscribe('durable', ({ changes }) => {
      for (const change of changes) {
        const { before, after } = changeOf(tasks, change) ?? {};
        if (before || after?.serviceArn !== task.serviceArn) continue;
        unsubscribe();
        resolve(performance.now() - startMs);
      }
    });
  });
  await cluster.agents.report(task.arn, 'STOPPED', undefined, 1);
  return replaced;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

async function measureApi(all: readonly TaskRow[], replace: () => Promise<void>): Promise<void> {
  const { name, controlPlane } = cluster;
  const client = new ApiClient(clientConfig(controlPlane));
  const some = (count: number) => Array.from({ length: count }, () => all[Math.floor(random.unit() * all.length)]!.arn);
  const service = () => `service-${Math.floor(random.unit() * serviceCount)}`;
  const describeTasks = (count: number) => client.time('DescribeTasks', { cluster: name, tasks: some(count) });
  const calls = {
    'DescribeTasks (100 tasks)': () => describeTasks(100),
    'DescribeTasks (1 task)': () => describeTasks(1),
    'ListTasks (100 of all)': () => client.time('ListTasks', { cluster: name }),
    'ListTasks (100 of a service)': () => client.time('ListTasks', { cluster: name, serviceName: service() }),
    'DescribeServices (10)': () =>
      client.time('DescribeServices', { cluster: name, services: Array.from({ length: 10 }, service) }),
  };
  for (const [label, call] of Object.entries(calls)) {
    for (let n = 0; n < warmUps; n++) await call();
    const times: number[] = [];
    for (let n = 0; n < samples; n++) {
      if (n % 10 === 0) void replace();
      times.push(await call());
    }
    addRow(label, times);
  }
  await client.close();
}

try {
  const fillMs = performance.now();
  await cluster.register(Number(values.instances), serviceCount);
  await cluster.createServices(serviceCount, Number(values.tasks), true);
  await cluster.allRunning(wanted);
  console.log(`${wanted} tasks RUNNING after ${secondsSince(fillMs)} s`);
  await pause(5_000);
  const cpuBefore = process.threadCpuUsage();
  const restedMs = await timed(() => pause(restMs));
  const { user, system } = process.threadCpuUsage(cpuBefore);
  console.log(`at rest: ${((user + system) / 10 / restedMs).toFixed(2)} % of a core on the main thread`);

  const all = [...store.all(tasks)];
  const victim = () => {
    for (;;) {
      const row = store.get(tasks, all[Math.floor(random.unit() * all.length)]!.arn);
      if (row?.lastStatus === 'RUNNING' && row.desiredStatus === 'RUNNING') return row;
    }
  };
  const replacements: number[] = [];
  for (let n = 0; n < samples; n++) {
    replacements.push(await replaceOne(victim()));
    await pause(20);
  }
  addRow('STOPPED reported → replacement durable', replacements);
  await measureApi(all, async () => void (await replaceOne(victim())));
  printTable(rows);
  await cluster.controlPlane.close();

  const startMs = performance.now();
  const again = await openControlPlane(cluster.directory);
  await clientOf(again).send(new DescribeServicesCommand({ cluster: cluster.name, services: ['service-0'] }));
  console.log(`restart to the first answer: ${secondsSince(startMs)} s`);
  await again.close();
} finally {
  await cluster.controlPlane.close();
  rmSync(cluster.directory, { recursive: true });
}

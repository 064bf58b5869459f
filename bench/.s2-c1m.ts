/**
 * The whole control plane at scale: N container instances, S services of K tasks each, made through CreateService of the
 * real API, until every task is durably RUNNING, on SQLite. stand-in-agents.ts says what takes the agents' place.
 *
 *   node bench/c1m.ts [--instances 1000] [--services 100] [--tasks 100] [--directory .] [--spread]
 *
 * With --expose-gc also the bytes of heap that a task takes. For a million tasks: --max-old-space-size=2200 --instances 10000 --services 1000 --tasks 1000
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  ECSClient,
  RegisterContainerInstanceCommand,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs';
import { createLogger } from '#lib/logger.ts';
import { changeOf } from '#store/store.ts';
import { tasks } from '#store/tables.ts';
import { startControlPlane } from '../src/control-plane/start.ts';
import { StandInAgents } from './stand-in-agents.ts';

const { values } = parseArgs({
  options: {
    instances: { type: 'string', default: '1000' },
    services: { type: 'string', default: '100' },
    tasks: { type: 'string', default: '100' },
    directory: { type: 'string', default: '.' },
    spread: { type: 'boolean', default: false },
  },
});
const instanceCount = Number(values.instances);
const serviceCount = Number(values.services);
const perService = Number(values.tasks);
const wanted = serviceCount * perService;
const directory = mkdtempSync(join(values.directory, '.bench-c1m-'));
const seconds = (sinceMs: number) => ((performance.now() - sinceMs) / 1000).toFixed(1);
const megabytes = (bytes: number) => Math.round(bytes / 2 ** 20);

/** `work(0)` … `work(count - 1)`, 32 at a time. */
async function concurrently(count: number, work: (n: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: 32 }, worker));
}

const controlPlane = await startControlPlane({
  host: '127.0.0.1',
  port: 0,
  dataDir: directory,
  auth: 'strict',
  logger: createLogger({ level: 'warn', sink: process.stderr, now: Date.now }),
});
const { store, administrator } = controlPlane;
const ecs = new ECSClient({ endpoint: controlPlane.endpoint, region: 'us-east-1', credentials: administrator });
const agents = new StandInAgents(store);
let running = 0;
let changes = 0;
let done = () => {};
const allRunning = new Promise<void>((resolve) => {
  done = resolve;
});
store.subscribe('durable', (set) => {
  changes += set.changes.length;
  for (const change of set.changes) {
    const { before, after } = changeOf(tasks, change) ?? {};
    if (after?.lastStatus === 'RUNNING' && before?.lastStatus !== 'RUNNING' && ++running === wanted) done();
  }
});

try {
  console.log(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`);
  const begin = performance.now();
  await ecs.send(new CreateClusterCommand({ clusterName: 'c1m' }));
  await concurrently(instanceCount, async (n) => {
    const { containerInstance } = await ecs.send(
      new RegisterContainerInstanceCommand({
        cluster: 'c1m',
        instanceIdentityDocument: JSON.stringify({
          instanceId: `i-${n.toString(16).padStart(17, '0')}`,
          availabilityZone: `us-east-1${'abc'[n % 3]}`,
        }),
        totalResources: [
          { name: 'CPU', type: 'INTEGER', integerValue: 16_384 * (1 + (n % 2)) },
          { name: 'MEMORY', type: 'INTEGER', integerValue: 65_536 * (1 + (n % 2)) },
          { name: 'PORTS', type: 'STRINGSET', stringSetValue: ['22', '2375', '2376', '51678', '51679'] },
        ],
      }),
    );
    agents.connect(containerInstance!.containerInstanceArn!);
  });
  await concurrently(serviceCount, (n) =>
    ecs.send(
      new RegisterTaskDefinitionCommand({
        family: `service-${n}`,
        containerDefinitions: [
          { name: 'web', image: 'registry.example.com/team/web:1.2.3', cpu: 64, memory: 128, essential: true },
        ],
      }),
    ),
  );
  console.log(`${instanceCount} instances, ${serviceCount} task definitions: ${seconds(begin)} s`);
  const startMs = performance.now();
  globalThis.gc?.();
  const heapBefore = process.memoryUsage().heapUsed;
  const changesBefore = changes;
  const cpuBefore = process.cpuUsage();
  const threadBefore = process.threadCpuUsage();
  const report = setInterval(() => {
    const { rss, heapUsed } = process.memoryUsage();
    const cells = [`${seconds(startMs)} s`, `${running} running`, `${store.backlog} not durable yet`];
    console.log(`  ${cells.join(', ')}, RSS ${megabytes(rss)} MiB, heap ${megabytes(heapUsed)} MiB`);
  }, 5000);
  await concurrently(serviceCount, (n) =>
    ecs.send(
      new CreateServiceCommand({
        cluster: 'c1m',
        serviceName: `service-${n}`,
        taskDefinition: `service-${n}`,
        desiredCount: perService,
        ...(!values.spread && {
          placementStrategy: [
            { type: 'spread' as const, field: 'attribute:ecs.availability-zone' },
            { type: 'binpack' as const, field: 'memory' },
          ],
        }),
      }),
    ),
  );
  console.log(`  CreateService × ${serviceCount}: ${seconds(startMs)} s`);
  await allRunning;
  const tookMs = performance.now() - startMs;
  clearInterval(report);
  const { maxRSS } = process.resourceUsage();
  console.log(`${wanted} tasks on ${instanceCount} instances durably RUNNING after ${(tookMs / 1000).toFixed(1)} s`);
  console.log(
    `  ${Math.round((wanted / tookMs) * 1000)} tasks/s, ${Math.round(((changes - changesBefore) / tookMs) * 1000)} durable row changes/s (${((changes - changesBefore) / wanted).toFixed(2)} a task)`,
  );
  console.log(`  payloads ${agents.payloads}, ${Math.round(agents.payloadBytes / agents.payloads)} bytes each`);
  console.log(
    `  peak RSS ${Math.round(maxRSS / 1024)} MiB, state.sqlite ${megabytes(statSync(join(directory, 'state.sqlite')).size)} MiB`,
  );
  const cpu = process.cpuUsage(cpuBefore);
  const thread = process.threadCpuUsage(threadBefore);
  const inSeconds = ({ user, system }: NodeJS.CpuUsage) => ((user + system) / 1e6).toFixed(1);
  console.log(`  CPU ${inSeconds(cpu)} s in all, ${inSeconds(thread)} s of it on the main thread`);
  if (process.env["SNAP"]) (await import("node:v8")).writeHeapSnapshot(process.env["SNAP"]);
  if (globalThis.gc) {
    await store.durable();
    globalThis.gc();
    console.log(`  heap ${Math.round((process.memoryUsage().heapUsed - heapBefore) / wanted)} bytes a task`);
  }
} finally {
  await controlPlane.close();
  rmSync(directory, { recursive: true });
}

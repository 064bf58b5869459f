/**
 * The whole control plane at scale: N container instances, S services of K tasks each, made through CreateService of the
 * real API, until every task is durably RUNNING, on SQLite. stand-in-agents.ts says what takes the agents' place.
 *
 *   node bench/c1m.ts [--instances 1000] [--services 100] [--tasks 100] [--directory .] [--spread]
 *
 * With --expose-gc also the bytes of heap that a task takes. A million tasks:
 *
 *   node --max-old-space-size=1900 --max-semi-space-size=32 bench/c1m.ts --instances 10000 --services 1000 --tasks 1000
 */
import { rmSync, statSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BenchCluster, megabytes, secondsSince } from './cluster.ts';

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
const inSeconds = ({ user, system }: NodeJS.CpuUsage) => ((user + system) / 1e6).toFixed(1);

const cluster = await BenchCluster.open(values.directory);
const { store } = cluster.controlPlane;
try {
  console.log(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`);
  const beginMs = performance.now();
  await cluster.register(instanceCount, serviceCount);
  console.log(`${instanceCount} instances, ${serviceCount} task definitions: ${secondsSince(beginMs)} s`);
  globalThis.gc?.();
  const heapBefore = process.memoryUsage().heapUsed;
  const changesBefore = cluster.changes;
  const cpuBefore = process.cpuUsage();
  const threadBefore = process.threadCpuUsage();
  const startMs = performance.now();
  const report = setInterval(() => {
    const { rss, heapUsed } = process.memoryUsage();
    const cells = [`${secondsSince(startMs)} s`, `${cluster.running} running`, `${store.backlog} not durable yet`];
    console.log(`  ${cells.join(', ')}, RSS ${megabytes(rss)} MiB, heap ${megabytes(heapUsed)} MiB`);
  }, 10_000);
  await cluster.createServices(serviceCount, perService, !values.spread);
  console.log(`  CreateService × ${serviceCount}: ${secondsSince(startMs)} s`);
  await cluster.allRunning(wanted);
  const tookMs = performance.now() - startMs;
  clearInterval(report);
  const cpu = process.cpuUsage(cpuBefore);
  const thread = process.threadCpuUsage(threadBefore);
  const changes = cluster.changes - changesBefore;
  const { agents, directory } = cluster;
  const size = statSync(join(directory, 'state.sqlite')).size;
  console.log(`${wanted} tasks on ${instanceCount} instances durably RUNNING after ${(tookMs / 1000).toFixed(1)} s
  ${Math.round((wanted / tookMs) * 1000)} tasks/s, ${Math.round((changes / tookMs) * 1000)} durable row changes/s (${(changes / wanted).toFixed(2)} a task)
  CPU ${inSeconds(cpu)} s in all, ${inSeconds(thread)} s of it on the main thread
  peak RSS ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB, state.sqlite ${megabytes(size)} MiB
  payloads: ${agents.payloads}, ${Math.round(agents.payloadBytes / agents.payloads)} bytes each`);
  if (globalThis.gc) {
    globalThis.gc();
    console.log(`  heap: ${Math.round((process.memoryUsage().heapUsed - heapBefore) / wanted)} bytes a task`);
  }
} finally {
  await cluster.controlPlane.close();
  rmSync(cluster.directory, { recursive: true });
}

/**
 * What pulls cost the API: latency of DescribeTasks at a fixed rate, idle and while 8 clients (curl, in processes of their
 * own) pull a blob again and again, as fast as they can or at a limit. Phases take turns, so that what else the machine does
 * falls on all of them; every figure is the median of the rounds. Clients, the measuring client included, share the cores.
 *
 *   node bench/pull-latency.ts [--seconds 3] [--rounds 5] [--mib 256] [--rate 200] [--registry-nice 5]
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { availableParallelism, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CreateRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr';
import { digestOf } from '#images/digest.ts';
import { median, percentile, printTable } from './figures.ts';
import { sampleTask } from './sample-rows.ts';
import { type Server, signedRequest } from './signed-request.ts';
import { childrenOf, removeData, temporaryData } from './slipway-process.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '5' },
    mib: { type: 'string', default: '256' },
    rate: { type: 'string', default: '200' },
    /** Nice value that the registry process is given; its own when absent. */
    'registry-nice': { type: 'string' },
  },
});
const seconds = Number(values.seconds);
const rate = Number(values.rate);
const taskCount = 10_000;

/** Milliseconds of each answer to one call after the other, begun at `rate` a second if the answers allow. */
function callFor(server: Server, requests: readonly Buffer[]): Promise<number[]> {
  const untilMs = performance.now() + seconds * 1000;
  const latencies: number[] = [];
  return new Promise((resolve, reject) => {
    const socket = connect({ port: Number(new URL(server.endpoint).port), host: '127.0.0.1', noDelay: true });
    let sentAt = 0;
    let turn = 0;
    let received = Buffer.alloc(0);
    const call = () => {
      sentAt = performance.now();
      if (sentAt < untilMs) socket.write(requests[turn++ % requests.length]!);
      else {
        socket.destroy();
        resolve(latencies);
      }
    };
    socket.on('connect', call);
    socket.on('data', (data: Buffer) => {
      received = Buffer.concat([received, data]);
      const end = received.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = received.toString('latin1', 0, end);
      if (!head.includes(' 200 ')) return reject(new Error(received.toString()));
      const length = Number(/content-length: (\d+)/i.exec(head)![1]);
      if (received.length < end + 4 + length) return;
      received = Buffer.alloc(0);
      const now = performance.now();
      latencies.push(now - sentAt);
      setTimeout(call, Math.max(0, sentAt + 1000 / rate - now));
    });
    socket.on('error', reject);
  });
}

/** Pulls until it is told to stop; answers how many bytes came. */
function startPulls(url: string, authorization: string, limit: string | undefined, nice: number) {
  const clients: ChildProcess[] = [];
  const limits = limit === undefined ? [] : ['--limit-rate', limit];
  for (let i = 0; i < 8; i++) {
    const urls = Array.from({ length: 500 }, () => ['-o', '/dev/null', url]).flat();
    const argv = ['-n', String(nice), 'curl', '-s', ...limits, '-H', `Authorization: ${authorization}`, ...urls];
    clients.push(spawn('nice', argv, { stdio: 'ignore' }));
  }
  return {
    async stop() {
      const ended = clients.map((client) => new Promise((resolve) => client.once('exit', resolve)));
      for (const client of clients) client.kill('SIGKILL');
      await Promise.all(ended);
    },
  };
}

const ticks = (pid: number) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
};

async function pushBlob(server: Server, authorization: string): Promise<string> {
  const half = randomBytes((Number(values.mib) / 2) * 2 ** 20);
  const bytes = Buffer.concat([half, half]);
  const digest = digestOf(bytes);
  const headers = { authorization, 'content-type': 'application/octet-stream' };
  const begun = await fetch(`${server.endpoint}/v2/bench/blobs/uploads/`, { method: 'POST', headers });
  const url = `${server.endpoint}${begun.headers.get('location')}?digest=${digest}`;
  const put = await fetch(url, { method: 'PUT', headers, body: bytes });
  if (put.status !== 201) throw new Error(await put.text());
  return `${server.endpoint}/v2/bench/blobs/${digest}`;
}

const phases = [
  { name: 'idle', pulls: undefined },
  { name: '8 clients at 40 MB/s each', pulls: { limit: '40M', nice: 0 } },
  { name: '8 clients, no limit', pulls: { limit: undefined, nice: 0 } },
  { name: '8 clients, no limit, clients niced 10', pulls: { limit: undefined, nice: 10 } },
] as const;

const dataDir = await temporaryData();
const program = fileURLToPath(new URL('./api-server.ts', import.meta.url));
const child = spawn(process.execPath, [program, dataDir, String(taskCount)], { stdio: ['pipe', 'pipe', 'inherit'] });
const ended = new Promise((resolve) => child.once('exit', resolve));
try {
  const server = await new Promise<Server>((resolve, reject) => {
    child.stdout.once('data', (line) => resolve(JSON.parse(String(line))));
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
  });
  const { endpoint, accessKeyId, secretAccessKey } = server;
  const ecr = new ECRClient({ endpoint, region: 'us-east-1', credentials: { accessKeyId, secretAccessKey } });
  await ecr.send(new CreateRepositoryCommand({ repositoryName: 'bench' }));
  ecr.destroy();
  const authorization = `Basic ${Buffer.from(`${accessKeyId}:${secretAccessKey}`).toString('base64')}`;
  const url = await pushBlob(server, authorization);
  const registry = (await childrenOf(child.pid!)).find((pid) =>
    execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).includes('registry'),
  )!;
  if (values['registry-nice'] !== undefined) setPriority(registry, Number(values['registry-nice']));
  const requests = Array.from({ length: 500 }, (_, n) =>
    signedRequest(server, 'DescribeTasks', { cluster: 'bench', tasks: [sampleTask((n * 7919) % taskCount).arn] }),
  );
  await callFor(server, requests);
  const found = phases.map(() => ({ p50: [] as number[], p99: [] as number[], cpu: [] as number[] }));
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [at, { pulls }] of phases.entries()) {
      const running = pulls && startPulls(url, authorization, pulls.limit, pulls.nice);
      const before = ticks(registry);
      const latencies = await callFor(server, requests);
      found[at]!.cpu.push((ticks(registry) - before) / seconds);
      await running?.stop();
      found[at]!.p50.push(percentile(latencies, 0.5));
      found[at]!.p99.push(percentile(latencies, 0.99));
    }
  }
  const idle = median(found[0]!.p99);
  console.log(`${availableParallelism()} cores, DescribeTasks at ${rate}/s, medians of ${values.rounds} rounds`);
  printTable([
    ['phase', 'p50 ms', 'p99 ms', 'p99 / idle', 'registry CPU'],
    ...phases.map(({ name }, at) => {
      const { p50, p99, cpu } = found[at]!;
      const ratio = (median(p99) / idle).toFixed(1);
      return [name, median(p50).toFixed(2), median(p99).toFixed(2), ratio, `${(100 * median(cpu)).toFixed(0)} %`];
    }),
  ]);
} finally {
  child.stdin.end();
  await ended;
  await removeData(dataDir);
}

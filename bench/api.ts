/**
 * Requests per second and latency of the API on loopback: signed calls over keep-alive connections against a control
 * plane in a process of its own, with 10,000 tasks in its store and the SQLite journal. Signatures are computed
 * before the clock starts, and the client reads no more of a reply than it must: what is measured is the server, but
 * the machine's cores are shared with the client.
 *
 *   node bench/api.ts [--seconds 10] [--connections 32] [--tasks 10000]
 */
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { percentile, printTable } from './figures.ts';
import { sampleTask } from './sample-rows.ts';
import { type Server, signedRequest } from './signed-request.ts';
import { removeData, temporaryData } from './slipway-process.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    connections: { type: 'string', default: '32' },
    tasks: { type: 'string', default: '10000' },
  },
});
const seconds = Number(values.seconds);
const connections = Number(values.connections);
const taskCount = Number(values.tasks);

const contentLength = Buffer.from('content-length: ');

/** One call after the other on one connection until `untilMs`; latencies go to `latencies`. */
function drive(port: number, next: () => Buffer, untilMs: number, latencies: number[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let pending: Buffer[] = [];
    let missing = -1;
    let sentAt = 0;
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => call());
    const call = () => {
      sentAt = performance.now();
      if (sentAt >= untilMs) {
        socket.destroy();
        resolve();
      } else socket.write(next());
    };
    const onHead = (bytes: Buffer): number => {
      const end = bytes.indexOf('\r\n\r\n');
      if (end < 0) return -1;
      if (!bytes.subarray(0, 15).includes(' 200 ')) throw new Error(bytes.toString());
      const at = bytes.indexOf(contentLength) + contentLength.length;
      return end + 4 + Number(bytes.toString('latin1', at, bytes.indexOf('\r', at))) - bytes.length;
    };
    socket.on('data', (data: Buffer) => {
      try {
        if (missing >= 0) missing -= data.length;
        else {
          pending.push(data);
          missing = onHead(pending.length === 1 ? data : Buffer.concat(pending));
        }
      } catch (error) {
        socket.destroy();
        return reject(error);
      }
      if (missing !== 0) return;
      pending = [];
      missing = -1;
      latencies.push(performance.now() - sentAt);
      call();
    });
    socket.on('error', reject);
  });
}

async function measure(server: Server, name: string, requests: readonly Buffer[]): Promise<(string | number)[]> {
  let turn = 0;
  const next = () => requests[turn++ % requests.length]!;
  const port = Number(new URL(server.endpoint).port);
  const run = async (forSeconds: number) => {
    const latencies: number[] = [];
    const start = performance.now();
    const all = Array.from({ length: connections }, () => drive(port, next, start + forSeconds * 1000, latencies));
    await Promise.all(all);
    return { latencies, perSecond: latencies.length / ((performance.now() - start) / 1000) };
  };
  await run(2);
  const { latencies, perSecond } = await run(seconds);
  const ms = (share: number) => percentile(latencies, share).toFixed(1);
  return [name, Math.round(perSecond), ms(0.5), ms(0.99), ms(1)];
}

const definition = (family: string) => ({
  family,
  networkMode: 'bridge',
  containerDefinitions: [
    {
      name: 'app',
      image: 'registry.example/app:1',
      cpu: 128,
      memory: 128,
      essential: true,
      portMappings: [{ containerPort: 8080, hostPort: 0, protocol: 'tcp' }],
      environment: [
        { name: 'MODE', value: 'production' },
        { name: 'LEVEL', value: 'info' },
      ],
      logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-group': '/app', 'awslogs-region': 'us-east-1' } },
    },
  ],
  tags: [{ key: 'team', value: 'platform' }],
});

const dataDir = await temporaryData();
const program = fileURLToPath(new URL('./api-server.ts', import.meta.url));
const child = spawn(process.execPath, [program, dataDir, String(taskCount)], { stdio: ['pipe', 'pipe', 'inherit'] });
const ended = new Promise((resolve) => child.once('exit', resolve));
try {
  const server = await new Promise<Server>((resolve, reject) => {
    child.stdout.once('data', (line) => resolve(JSON.parse(String(line))));
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
  });
  const arnOf = (n: number) => sampleTask(n % taskCount).arn;
  const describe = (size: number) =>
    Array.from({ length: 500 }, (_, n) =>
      signedRequest(server, 'DescribeTasks', {
        cluster: 'bench',
        tasks: Array.from({ length: size }, (_, i) => arnOf(n * 7919 + i)),
      }),
    );
  const register = Array.from({ length: 500 }, (_, n) =>
    signedRequest(server, 'RegisterTaskDefinition', definition(`family-${n}`)),
  );
  console.log(`${connections} connections, ${seconds} s each, ${taskCount} tasks, ${availableParallelism()} cores`);
  printTable([
    ['operation', 'requests/s', 'p50 ms', 'p99 ms', 'max ms'],
    await measure(server, 'DescribeTasks, 1 task', describe(1)),
    await measure(server, 'DescribeTasks, 10 tasks', describe(10)),
    await measure(server, 'RegisterTaskDefinition', register),
  ]);
} finally {
  child.stdin.end();
  await ended;
  await removeData(dataDir);
}

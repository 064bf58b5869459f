/** A `slipway up` of its own for a benchmark: temporary data, a free port, ended by pid. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The launcher, as a user starts it; it becomes the pinned Node with its compile cache. */
const launcher = fileURLToPath(new URL('../bin/slipway', import.meta.url));

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

export const temporaryData = () => mkdtemp(join(tmpdir(), 'slipway-bench-'));
export const removeData = (path: string) => rm(path, { recursive: true, force: true });

export interface SlipwayProcess {
  readonly endpoint: string;
  readonly process: ChildProcess;
  /** Milliseconds from the spawn until the health check answered. */
  readonly startedInMs: number;
  /** Settles when the process has ended. */
  stop(): Promise<void>;
}

/** Starts `slipway up` with further `flags` on `dataDir`; rejects with its output when it ends before it is healthy. */
export async function startSlipway(dataDir: string, flags: readonly string[]): Promise<SlipwayProcess> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const begin = performance.now();
  const child = spawn(launcher, ['up', '--port', String(port), '--data', dataDir, ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  for (;;) {
    if (child.exitCode !== null) throw new Error(`slipway up ended with ${child.exitCode}:\n${output}`);
    const healthy = await fetch(`${endpoint}/health`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (healthy) break;
    if (performance.now() - begin > 120_000) throw new Error(`slipway up is not healthy after two minutes:\n${output}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return {
    endpoint,
    process: child,
    startedInMs: performance.now() - begin,
    stop: () => {
      child.kill('SIGINT');
      return ended;
    },
  };
}

export interface ProcessUsage {
  /** MiB. */
  readonly rssMiB: number;
  /** CPU seconds so far. */
  readonly cpuSeconds: number;
}

/** Memory and CPU of a process as Linux accounts them. */
export async function usageOf(pid: number): Promise<ProcessUsage> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return { rssMiB: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024, cpuSeconds: ticks / 100 };
}

/** Direct children of a process: the agent of a `slipway up`. */
export async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text.trim().split(/\s+/).filter(Boolean).map(Number);
}

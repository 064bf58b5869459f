/** The real `slipway` as a child process, for tests that look at it from outside as a user does. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ECSClient } from '@aws-sdk/client-ecs';
import { readCredentials, type SavedCredentials } from '#control-plane/up/data-directory.ts';

const root = path.resolve(import.meta.dirname, '../..');
export const launcher = path.join(root, 'bin/slipway');
const startDeadlineMs = 180_000;

/** Why tests on real Docker cannot run here; false when they can. */
export function dockerMissing(): string | false {
  if (process.env['SLIPWAY_NO_DOCKER']) return 'no Docker Engine on this machine, and none could be set up';
  const { status } = spawnSync('docker', ['version', '--format', '{{.Server.Version}}'], { timeout: 10_000 });
  return status === 0 ? false : 'Docker Engine does not answer (`docker version`)';
}

/** Answers the first result of `ask` that is not undefined or false; fails when `deadlineMs` passes. */
export async function until<T>(
  what: string,
  deadlineMs: number,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  const deadline = Date.now() + deadlineMs;
  let lastError: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (Date.now() > deadline) throw new Error(`not within ${deadlineMs} ms: ${what}`, { cause: lastError });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export const makeDataDirectory = (): string => mkdtempSync(path.join(tmpdir(), 'slipway-e2e-'));

/** Removes the containers of the data directory's account, by Docker itself, and the directory. */
export function removeAll(dataDir: string, env: NodeJS.ProcessEnv = process.env): void {
  const account = readCredentials(dataDir)?.account;
  if (account) {
    const label = '{{.ID}} {{.Label "com.amazonaws.ecs.task-arn"}}';
    const { stdout } = spawnSync('docker', ['ps', '-a', '--format', label], { encoding: 'utf8', env });
    const ids = (stdout ?? '')
      .split('\n')
      .filter((line) => line.includes(`:${account}:`))
      .map((line) => line.split(' ')[0]!);
    if (ids.length > 0) spawnSync('docker', ['rm', '-f', '-v', ...ids], { env });
  }
  rmSync(dataDir, { recursive: true, force: true });
}

export interface Slipway {
  readonly process: ChildProcess;
  readonly pid: number;
  readonly endpoint: string;
  readonly credentials: SavedCredentials;
  readonly ecs: ECSClient;
  /** Everything printed so far. */
  output(): string;
  /** Sends the signal and waits for the end; answers the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Starts `slipway up` and waits until it says that it is up. */
export async function startSlipway(
  dataDir: string,
  argv: readonly string[] = [],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Slipway> {
  const hasPort = argv.some((word) => word.startsWith('--port'));
  const words = ['up', '--data', dataDir, ...(hasPort ? [] : ['--port', '0']), ...argv];
  const child = spawn(launcher, words, { stdio: ['ignore', 'pipe', 'pipe'], env });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      printed += chunk;
    });
  }
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const endpoint = await until('slipway up', startDeadlineMs, () => {
    if (child.exitCode !== null) return `exit ${child.exitCode}`;
    return /Slipway is up at (\S+)[\s\S]*Stop:/.exec(printed)?.[1];
  });
  if (!endpoint.startsWith('http')) throw new Error(`slipway up ended (${endpoint}):\n${printed}`);
  const credentials = readCredentials(dataDir)!;
  const ecs = new ECSClient({ endpoint, region: credentials.region, credentials, maxAttempts: 1 });
  return {
    process: child,
    pid: child.pid!,
    endpoint,
    credentials,
    ecs,
    output: () => printed,
    async stop(signal = 'SIGINT') {
      ecs.destroy();
      child.kill(signal);
      return exited;
    },
  };
}

export interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command of the CLI to its end, with no terminal and no standard input. */
export function slipway(argv: readonly string[], env: NodeJS.ProcessEnv = process.env): Finished {
  const { status, stdout, stderr } = spawnSync(launcher, argv, {
    encoding: 'utf8',
    timeout: 60_000,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { status, stdout, stderr };
}

/**
 * This machine's agent as a child of `up`. It is a process of its own because containers and the API must not share a
 * fate: it may be killed and comes back, with longer and longer pauses while it fails at once.
 *
 * - The child holds an IPC channel; when this process ends, however, the channel closes and the agent ends too.
 * - It leads its own process group, so that Ctrl-C on the terminal reaches it only through `stop`.
 * - Exit 0 or a signal from `stop` ends it; exit 5 is the agent's word for "starting again is no use".
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Backoff, backoffMs } from '#lib/backoff.ts';
import type { Clock, Timer } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { Random } from '#lib/random.ts';

const program = fileURLToPath(new URL('../../bin/slipway.ts', import.meta.url));
const terminalExitCode = 5;
const restartBackoff: Backoff = { firstMs: 500, maxMs: 30_000, factor: 2, jitter: 0.2 };
/** An agent that has run this long was not failing at once: the next pause is the first one again. */
const settledMs = 60_000;
/** Longer than the agent needs to write its state down. */
const stopGraceMs = 8_000;

export interface AgentProcessOptions {
  readonly cluster: string;
  readonly endpoint: string;
  readonly dataDir: string;
  readonly logFile: string;
  readonly containerEndpoint: boolean;
  readonly environment: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export interface AgentProcess {
  /** Process id of the agent that runs now. */
  readonly pid: number | undefined;
  /** Resolves with the reason when the agent has ended for good without having been told to. */
  readonly gaveUp: Promise<string>;
  /** How often it has ended by itself. */
  readonly failures: number;
  stop(): Promise<void>;
}

function launch(options: AgentProcessOptions): ChildProcess {
  const { cluster, endpoint, dataDir, logFile, containerEndpoint, environment } = options;
  const log = openSync(logFile, 'a', 0o600);
  const argv = [program, 'agent', '--cluster', cluster, '--endpoint', endpoint, '--data', dataDir];
  if (!containerEndpoint) argv.push('--no-container-endpoint');
  try {
    return spawn(process.execPath, argv, {
      detached: true,
      stdio: ['ignore', log, log, 'ipc'],
      env: { ...process.env, ...environment },
    });
  } finally {
    closeSync(log);
  }
}

export function startAgentProcess(options: AgentProcessOptions): AgentProcess {
  const { clock, random, logger } = options;
  let child: ChildProcess | undefined;
  let restart: Timer | undefined;
  let failures = 0;
  let failuresInARow = 0;
  let stopping = false;
  let giveUp!: (reason: string) => void;
  const gaveUp = new Promise<string>((resolve) => {
    giveUp = resolve;
  });

  const start = () => {
    const startedAt = clock.now();
    const current = launch(options);
    child = current;
    let ended = false;
    const onEnd = (how: string, exitCode: number | null) => {
      if (ended) return;
      ended = true;
      if (child === current) child = undefined;
      if (stopping) return;
      failures += 1;
      failuresInARow = clock.now() - startedAt > settledMs ? 1 : failuresInARow + 1;
      if (exitCode === terminalExitCode) {
        logger.error('the agent has ended and cannot be restarted', { how });
        giveUp(how);
        return;
      }
      const delayMs = backoffMs(restartBackoff, failuresInARow, random);
      logger.warn('the agent has ended; it is started again', { how, delayMs: Math.round(delayMs) });
      restart = clock.after(delayMs, start);
    };
    current.once('error', (error) => onEnd(error.message, null));
    current.once('exit', (code, signal) => onEnd(signal ? `killed by ${signal}` : `exit code ${code}`, code));
    logger.info('agent started', { pid: current.pid });
  };
  start();

  return {
    get pid() {
      return child?.pid;
    },
    get failures() {
      return failures;
    },
    gaveUp,
    async stop() {
      stopping = true;
      restart?.cancel();
      const current = child;
      if (!current) return;
      const exited = new Promise<void>((resolve) => current.once('exit', () => resolve()));
      current.kill('SIGTERM');
      const kill = clock.after(stopGraceMs, () => current.kill('SIGKILL'));
      await exited;
      kill.cancel();
    },
  };
}

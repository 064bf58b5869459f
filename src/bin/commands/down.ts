import { existsSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { isEngineError } from '#agent/engine-api/engine.ts';
import { ConfigError, dataDirectory } from '#control-plane/config.ts';
import {
  credentialsFile,
  isLocked,
  lockDataDirectory,
  readCredentials,
  readRunRecord,
} from '#control-plane/up/data-directory.ts';
import { connectDocker, type Docker } from '#control-plane/up/docker.ts';
import { systemClock } from '#lib/clock.ts';
import { print } from '../output.ts';

interface DownOptions {
  readonly data?: string;
  readonly containers?: boolean;
  readonly purge?: boolean;
  readonly yes?: boolean;
}

const stopDeadlineMs = 30_000;
const taskLabel = 'com.amazonaws.ecs.task-arn';

async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}

async function stopControlPlane(dataDir: string): Promise<boolean> {
  if (!isLocked(dataDir)) return false;
  const record = readRunRecord(dataDir);
  if (!record)
    throw new ConfigError(`a Slipway that is just starting or ending holds ${dataDir}; try again in a moment`);
  process.kill(record.pid, 'SIGTERM');
  const deadline = systemClock.now() + stopDeadlineMs;
  while (isLocked(dataDir)) {
    if (systemClock.now() > deadline) {
      throw new ConfigError(
        `process ${record.pid} has not ended within ${stopDeadlineMs / 1000} s. If it hangs: kill -9 ${record.pid}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return true;
}

interface ContainerSummary {
  readonly Id: string;
  readonly Labels: Readonly<Record<string, string>>;
}

/** Containers of this installation's tasks: their ARNs carry its account, which was drawn at random. */
async function removeContainers(docker: Docker, account: string): Promise<number> {
  const filters = encodeURIComponent(JSON.stringify({ label: [taskLabel] }));
  const all = await docker.json<ContainerSummary[]>('GET', `/containers/json?all=1&filters=${filters}`);
  const ours = all.filter((one) => one.Labels[taskLabel]?.split(':')[4] === account);
  await Promise.all(
    ours.map(async ({ Id }) => {
      try {
        await docker.text('POST', `/containers/${Id}/stop?t=5`);
        await docker.text('DELETE', `/containers/${Id}?force=1&v=1`);
      } catch (error) {
        if (!isEngineError(error, 'not-found')) throw error;
      }
    }),
  );
  return ours.length;
}

function purge(dataDir: string): void {
  const lock = lockDataDirectory(dataDir);
  if (!lock) throw new ConfigError(`a Slipway has been started on ${dataDir} meanwhile; nothing was deleted`);
  rmSync(dataDir, { recursive: true, force: true });
  lock.release();
}

export async function runDown(options: DownOptions): Promise<void> {
  const dataDir = dataDirectory(options.data);
  const credentials = readCredentials(dataDir);
  if (options.purge && !credentials) {
    throw new ConfigError(
      `${dataDir} is not a data directory of Slipway (it has no ${credentialsFile('')}); nothing was deleted`,
    );
  }
  if (
    options.purge &&
    !options.yes &&
    !(await confirm(`Delete everything in ${dataDir} and the containers of its tasks?`))
  ) {
    throw new ConfigError('nothing was stopped or deleted. Without a terminal, --purge needs --yes.');
  }
  const stopped = await stopControlPlane(dataDir);
  print(stopped ? 'Slipway has stopped.' : `Slipway was not running on ${dataDir}.`);
  if ((options.containers || options.purge) && credentials) {
    const count = await removeContainers(connectDocker(), credentials.account);
    print(`${count} container${count === 1 ? '' : 's'} stopped and removed.`);
  } else if (stopped && existsSync(dataDir)) {
    print('Containers keep running; the next start finds them again. To stop them too: slipway down --containers');
  }
  if (options.purge) {
    purge(dataDir);
    print(`${dataDir} is gone.`);
  }
}

/**
 * A Docker Engine of a test's own, to be killed at will. It shares nothing with the machine's: its own data, socket,
 * containerd and bridge, and no iptables rules, because two daemons would fight over Docker's chains. Published ports
 * work all the same, through Docker's userland proxy.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from './slipway-process.ts';

export interface OwnDockerd {
  /** For DOCKER_HOST. */
  readonly host: string;
  readonly pid: number;
  kill9(): Promise<void>;
  start(): Promise<void>;
  /** Ends it with its containers, and removes all that it made. */
  remove(): Promise<void>;
}

/** Why no dockerd can be started here; false when one can. */
export function ownDockerdMissing(): string | false {
  if (process.getuid?.() !== 0) return 'needs root: a dockerd of its own';
  for (const program of ['dockerd', 'ip']) {
    if (spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0) return `needs ${program}`;
  }
  return false;
}

const exited = (child: ChildProcess) =>
  new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });

/** Processes that name the directory on their command line (containerd and its shims), and their children (containers). */
function processesOf(directory: string): number[] {
  const out: number[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    try {
      if (!readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(directory)) continue;
      const children = readFileSync(`/proc/${name}/task/${name}/children`, 'utf8').trim().split(' ').filter(Boolean);
      out.push(Number(name), ...children.map(Number));
    } catch (error) {
      if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  return out;
}

const isAlive = (pid: number) => existsSync(`/proc/${pid}`);

async function removeRemains(directory: string): Promise<void> {
  const pids = processesOf(directory);
  if (pids.length > 0) spawnSync('kill', ['-9', ...pids.map(String)]);
  await until('its processes are gone', 10_000, () => processesOf(directory).length === 0);
  const mounts = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((at) => at.startsWith(`${directory}/`));
  for (const at of mounts.reverse()) spawnSync('umount', ['--lazy', at]);
  rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}

export async function startOwnDockerd(): Promise<OwnDockerd> {
  const directory = mkdtempSync(path.join(tmpdir(), 'slipway-dockerd-'));
  const socket = path.join(directory, 'docker.sock');
  const host = `unix://${socket}`;
  const bridge = `slp${process.pid}`;
  const subnet = `10.${200 + (process.pid % 50)}.${(process.pid >> 6) % 250}.1/24`;
  const pidFile = path.join(directory, 'docker.pid');
  const logFile = path.join(directory, 'dockerd.log');
  const containerdPidFile = path.join(directory, 'exec/containerd/containerd.pid');
  let child: ChildProcess;
  execFileSync('ip', ['link', 'add', bridge, 'type', 'bridge']);
  execFileSync('ip', ['address', 'add', subnet, 'dev', bridge]);
  execFileSync('ip', ['link', 'set', bridge, 'up']);

  async function start(): Promise<void> {
    rmSync(pidFile, { force: true });
    const log = openSync(logFile, 'a');
    const argv = [
      ...['--data-root', path.join(directory, 'data'), '--exec-root', path.join(directory, 'exec')],
      ...['--host', host, '--pidfile', pidFile, '--bridge', bridge],
      ...['--iptables=false', '--ip6tables=false', '--ip-masq=false', '--ip-forward=false'],
    ];
    child = spawn('dockerd', argv, { stdio: ['ignore', log, log] });
    closeSync(log);
    await until(`dockerd (${logFile})`, 60_000, () => {
      if (child.exitCode !== null) throw new Error(readFileSync(logFile, 'utf8').slice(-2_000));
      return spawnSync('docker', ['--host', host, 'version'], { timeout: 5_000 }).status === 0;
    });
  }

  await start();
  return {
    host,
    get pid() {
      return child.pid!;
    },
    start,
    async kill9() {
      const containerd = Number(readFileSync(containerdPidFile, 'utf8'));
      child.kill('SIGKILL');
      await exited(child);
      // It dies with its parent, a little later; a dockerd that starts in between would wait for the dying one.
      await until('its containerd is gone', 10_000, () => !isAlive(containerd));
    },
    async remove() {
      const { stdout } = spawnSync('docker', ['--host', host, 'ps', '-aq'], { encoding: 'utf8' });
      const ids = (stdout ?? '').split('\n').filter(Boolean);
      if (ids.length > 0) spawnSync('docker', ['--host', host, 'rm', '-f', '-v', ...ids]);
      child.kill('SIGTERM');
      await exited(child);
      execFileSync('ip', ['link', 'delete', bridge]);
      await removeRemains(directory);
    },
  };
}

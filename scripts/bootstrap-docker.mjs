/**
 * Finds a running Docker Engine; as root on Debian and its relatives installs and starts one when there is none.
 * A Docker that runs is used as it is and never changed, stopped or restarted. A dockerd started here is detached: it and
 * its containers outlive Slipway.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { homedir } from 'node:os';
import path from 'node:path';
import { lastLines, run, SetupError, say, step } from './bootstrap-output.mjs';

const defaultSocket = '/var/run/docker.sock';

/** 'ok', or the code of the error that a ping met (ENOENT, ECONNREFUSED, EACCES …). */
function ping(host) {
  const url = host.startsWith('unix://') ? undefined : new URL(host.replace(/^tcp:/, 'http:'));
  const where = url ? { host: url.hostname, port: url.port || 2375 } : { socketPath: host.slice('unix://'.length) };
  return new Promise((resolve) => {
    const req = request({ ...where, path: '/_ping', timeout: 5000 }, (res) => {
      res.resume();
      resolve(res.statusCode === 200 ? 'ok' : `HTTP ${res.statusCode}`);
    });
    req.once('timeout', () => req.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })));
    req.once('error', (error) => resolve(error.code ?? error.message));
    req.end();
  });
}

/** Sockets where Docker listens: the system's, a rootless one, Docker Desktop's. */
const candidates = () =>
  [
    defaultSocket,
    path.join(process.env.XDG_RUNTIME_DIR ?? '/nowhere', 'docker.sock'),
    path.join(homedir(), '.docker/run/docker.sock'),
  ]
    .filter((file) => existsSync(file))
    .map((file) => `unix://${file}`);

function onPath(program) {
  const places = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin', '/usr/bin', '/bin'];
  return places.map((place) => path.join(place, program)).find((file) => existsSync(file));
}

/** Beside Docker itself: what it needs without an init system, its CLI where that is apart, and a program for the sample. */
const companions = ['iptables', 'cgroupfs-mount', 'docker-cli', 'busybox-static', 'ca-certificates'];

async function installDocker() {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const isKnown = async (name) => (await run('apt-cache', ['show', name], { env })).code === 0;
  await step('Installing Docker Engine (apt-get install docker.io)', async () => {
    if (!(await isKnown('docker.io'))) await run('apt-get', ['update'], { env });
    const packages = ['docker.io'];
    for (const name of companions) if (await isKnown(name)) packages.push(name);
    const install = () => run('apt-get', ['install', '-y', '--no-install-recommends', ...packages], { env });
    let result = await install();
    if (result.code !== 0) {
      // Package lists of long ago name files that are gone.
      await run('apt-get', ['update'], { env });
      result = await install();
    }
    if (result.code === 0) return;
    throw new SetupError(
      `apt-get could not install ${packages.join(' ')}:\n${lastLines(result.output, 15)}`,
      'Install Docker Engine by hand (https://docs.docker.com/engine/install/), or start without containers: npm start -- --no-agent',
    );
  });
}

/** Without an init system nobody may have mounted the cgroup file systems, and dockerd needs them. */
async function ensureCgroups() {
  if (readdirSync('/sys/fs/cgroup').length > 0) return;
  if (onPath('cgroupfs-mount')) await run('cgroupfs-mount', []);
  if (readdirSync('/sys/fs/cgroup').length === 0) await run('mount', ['-t', 'cgroup2', 'cgroup2', '/sys/fs/cgroup']);
}

function spawnDockerd(logFile) {
  const log = openSync(logFile, 'a');
  const env = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` };
  const child = spawn(onPath('dockerd'), [], { detached: true, stdio: ['ignore', log, log], env });
  let exitCode;
  child.once('exit', (code) => {
    exitCode = code ?? -1;
  });
  child.once('error', () => {
    exitCode = -1;
  });
  child.unref();
  return () => exitCode;
}

/** True when dockerd answers within 60 s; false as soon as it has exited. */
async function waitForDocker(exited) {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; ) {
    if ((await ping(`unix://${defaultSocket}`)) === 'ok') return true;
    if (exited() !== undefined) return false;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return false;
}

async function startDockerd(dataDir) {
  if (existsSync('/run/systemd/system')) {
    const { code } = await step('Starting Docker (systemctl start docker)', () =>
      run('systemctl', ['start', 'docker']),
    );
    if (code === 0 && (await waitForDocker(() => undefined))) return;
  }
  const logs = path.join(dataDir ?? path.join(homedir(), '.slipway'), 'logs');
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  const logFile = path.join(logs, 'dockerd.log');
  const up = await step(`Starting dockerd (its log: ${logFile})`, async () => {
    await ensureCgroups();
    if (await waitForDocker(spawnDockerd(logFile))) return true;
    // Kernels without nf_tables: iptables has a second implementation for them.
    if (!/iptables|nf_tables/.test(lastLines(readFileSync(logFile, 'utf8'), 20)) || !onPath('iptables-legacy'))
      return false;
    await run('update-alternatives', ['--set', 'iptables', onPath('iptables-legacy')]);
    return await waitForDocker(spawnDockerd(logFile));
  });
  if (up) return;
  throw new SetupError(
    `dockerd does not start. The end of ${logFile}:\n${lastLines(readFileSync(logFile, 'utf8'), 12)}`,
    'Put that right and run this again, or start without containers: npm start -- --no-agent',
  );
}

function adviceWithoutRoot(installed) {
  const first = installed
    ? 'Start it:   sudo systemctl start docker'
    : 'Install it: sudo apt-get install docker.io   (or https://docs.docker.com/engine/install/)';
  return `${first}\nThen make sure that you may use it: sudo usermod -aG docker "$USER", and log in again.\nTo try the APIs without containers: npm start -- --no-agent`;
}

async function setUp(dataDir) {
  const root = process.getuid?.() === 0;
  if (!root)
    throw new SetupError(
      'Docker Engine is not running, and setting it up needs root.',
      adviceWithoutRoot(onPath('dockerd')),
    );
  if (process.env.SLIPWAY_SETUP === '0')
    throw new SetupError(
      'Docker Engine is not running (SLIPWAY_SETUP=0: not set up).',
      adviceWithoutRoot(onPath('dockerd')),
    );
  if (!onPath('dockerd')) {
    if (!onPath('apt-get')) {
      throw new SetupError(
        'Docker Engine is not installed.',
        'Install it (https://docs.docker.com/engine/install/) and run this again.',
      );
    }
    await installDocker();
  }
  if ((await ping(`unix://${defaultSocket}`)) !== 'ok') await startDockerd(dataDir);
  return `unix://${defaultSocket}`;
}

async function findOrSetUp(dataDir) {
  const asked = process.env.DOCKER_HOST;
  if (asked) {
    if (!/^(unix|tcp|http):\/\//.test(asked) || process.env.DOCKER_TLS_VERIFY) return asked;
    const answer = await ping(asked);
    if (answer === 'ok') return asked;
    throw new SetupError(
      `Docker does not answer at DOCKER_HOST=${asked} (${answer}).`,
      'Start it, or unset DOCKER_HOST.',
    );
  }
  let refused;
  for (const host of candidates()) {
    const answer = await ping(host);
    if (answer === 'ok') return host;
    if (answer === 'EACCES') refused = host;
  }
  if (refused) {
    throw new SetupError(
      `You may not use Docker at ${refused.slice('unix://'.length)}.`,
      'Let your user use it: sudo usermod -aG docker "$USER", then log in again (or `newgrp docker`).\nTo try the APIs without containers: npm start -- --no-agent',
    );
  }
  return setUp(dataDir);
}

/** The address of a Docker that answers; when none can be had: throws when `required`, else says so and answers undefined. */
export async function ensureDocker({ dataDir, required }) {
  try {
    return await findOrSetUp(dataDir);
  } catch (error) {
    if (required || !(error instanceof SetupError)) throw error;
    say(`! ${error.message}\n${error.advice ?? ''}`);
    return undefined;
  }
}

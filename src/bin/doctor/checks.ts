/** What Slipway needs of a machine, one check each. A check never changes anything. */
import { accessSync, constants, existsSync, readdirSync, readFileSync, statfsSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism, freemem, totalmem } from 'node:os';
import path from 'node:path';
import { isEngineError } from '#agent/engine-api/engine.ts';
import { isLocked, readRunRecord } from '#control-plane/up/data-directory.ts';
import { type Docker, isForbidden } from '#control-plane/up/docker.ts';

export interface Finding {
  readonly check: string;
  readonly status: 'ok' | 'warning' | 'problem';
  /** What was found. */
  readonly found: string;
  /** What to do about it; only where something is to do. */
  readonly advice?: string;
}

export interface DoctorContext {
  readonly docker: Docker;
  readonly dataDir: string;
  readonly port: number;
  readonly isRoot: boolean;
}

const ok = (check: string, found: string): Finding => ({ check, status: 'ok', found });
const warning = (check: string, found: string, advice: string): Finding => ({
  check,
  status: 'warning',
  found,
  advice,
});
const problem = (check: string, found: string, advice: string): Finding => ({
  check,
  status: 'problem',
  found,
  advice,
});

const mib = (bytes: number) => Math.round(bytes / 2 ** 20);
const oldestNode = [24, 12] as const;

export function checkNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const found = `${process.version} at ${process.execPath}`;
  const recent = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
  if (recent) return ok('Node', found);
  return problem(
    'Node',
    found,
    `Slipway needs ${oldestNode.join('.')} or newer. \`npm start\` installs the right one for itself.`,
  );
}

export function checkMachine(): Finding {
  const found = `${availableParallelism()} CPUs, ${mib(totalmem())} MiB memory, ${mib(freemem())} MiB of it free`;
  if (mib(totalmem()) >= 900) return ok('Machine', found);
  return warning('Machine', found, 'Less than 1 GiB of memory leaves little for containers.');
}

export async function checkDocker({ docker }: DoctorContext): Promise<Finding> {
  try {
    const { Version, ApiVersion } = await docker.json<{ Version: string; ApiVersion: string }>('GET', '/version');
    const found = `${Version} (API ${ApiVersion}) at ${docker.host}`;
    if (Number(ApiVersion.split('.')[1]) >= 41) return ok('Docker', found);
    return problem(
      'Docker',
      found,
      'Slipway needs Docker 20.10 or newer (API 1.41). Upgrade it: https://docs.docker.com/engine/install/',
    );
  } catch (error) {
    if (!isEngineError(error)) throw error;
    if (isForbidden(error)) {
      return problem(
        'Docker',
        error.message,
        'Let your user use it: sudo usermod -aG docker "$USER", then log in again.',
      );
    }
    const installed = existsSync('/usr/sbin/dockerd') || existsSync('/usr/bin/dockerd');
    const start = installed ? 'Start it: sudo systemctl start docker' : 'Install it: sudo apt-get install docker.io';
    return problem(
      'Docker',
      error.message,
      `${start}   (as root, \`npm start\` does that). Without Docker: slipway up --no-agent`,
    );
  }
}

interface DockerInfo {
  readonly CgroupDriver: string;
  readonly CgroupVersion?: string;
  readonly Driver: string;
  readonly DockerRootDir: string;
  readonly MemoryLimit: boolean;
  readonly CpuShares?: boolean;
  readonly CPUShares?: boolean;
}

async function dockerInfo(docker: Docker): Promise<DockerInfo | undefined> {
  try {
    return await docker.json<DockerInfo>('GET', '/info');
  } catch (error) {
    if (isEngineError(error)) return undefined;
    throw error;
  }
}

export async function checkCgroups({ docker }: DoctorContext): Promise<Finding> {
  const mounted = existsSync('/sys/fs/cgroup') && readdirSync('/sys/fs/cgroup').length > 0;
  if (!mounted) {
    return problem(
      'cgroups',
      '/sys/fs/cgroup is empty',
      'Mount them: sudo mount -t cgroup2 cgroup2 /sys/fs/cgroup   (or: sudo cgroupfs-mount)',
    );
  }
  const info = await dockerInfo(docker);
  if (!info) return warning('cgroups', 'mounted; what Docker makes of them is unknown', 'See to Docker first.');
  const found = `version ${info.CgroupVersion ?? 1}, Docker's driver ${info.CgroupDriver}`;
  if (info.MemoryLimit) return ok('cgroups', found);
  return problem(
    'cgroups',
    `${found}, but no memory limits`,
    'Containers could take all memory. Boot with cgroup_enable=memory (on the kernel command line).',
  );
}

export async function checkStorage({ docker }: DoctorContext): Promise<Finding> {
  const info = await dockerInfo(docker);
  if (!info) return warning('Docker storage', 'unknown', 'See to Docker first.');
  if (info.Driver !== 'vfs') return ok('Docker storage', `${info.Driver} in ${info.DockerRootDir}`);
  return warning(
    'Docker storage',
    `vfs in ${info.DockerRootDir}`,
    'vfs copies every layer for every container: slow and large. Use a file system on which overlay2 works.',
  );
}

function freeBytesAt(directory: string): { readonly at: string; readonly bytes: number } {
  let at = directory;
  while (!existsSync(at)) at = path.dirname(at);
  const { bavail, bsize } = statfsSync(at);
  return { at, bytes: bavail * bsize };
}

export async function checkDisk({ dataDir, docker }: DoctorContext): Promise<Finding> {
  const info = await dockerInfo(docker);
  const places = [dataDir, ...(info && existsSync(info.DockerRootDir) ? [info.DockerRootDir] : [])];
  const free = places.map(freeBytesAt);
  const found = free.map(({ at, bytes }) => `${mib(bytes)} MiB free at ${at}`).join(', ');
  const least = Math.min(...free.map(({ bytes }) => bytes));
  if (least < 64 * 2 ** 20) return problem('Disk', found, 'Slipway does not start with less than 64 MiB. Make room.');
  if (least < 2 ** 30) return warning('Disk', found, 'Images and logs will need more than 1 GiB.');
  return ok('Disk', found);
}

export function checkDataDirectory({ dataDir }: DoctorContext): Finding {
  let at = dataDir;
  while (!existsSync(at)) at = path.dirname(at);
  try {
    accessSync(at, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    return problem(
      'Data directory',
      `${at}: ${(error as Error).message}`,
      'Choose another with --data, or mend its owner and mode.',
    );
  }
  if (at !== dataDir) return ok('Data directory', `${dataDir} will be made`);
  const record = isLocked(dataDir) ? readRunRecord(dataDir) : undefined;
  return ok('Data directory', record ? `${dataDir}, in use by process ${record.pid} at ${record.endpoint}` : dataDir);
}

function portIsFree(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host: '127.0.0.1', port }, () => server.close(() => resolve(undefined)));
  });
}

export async function checkPort({ port, dataDir }: DoctorContext): Promise<Finding> {
  const failure = await portIsFree(port);
  if (failure === undefined) return ok('Port', `${port} is free`);
  const record = existsSync(dataDir) && isLocked(dataDir) ? readRunRecord(dataDir) : undefined;
  if (record && Number(new URL(record.endpoint).port) === port) return ok('Port', `${port} is this Slipway's own`);
  if (failure === 'EACCES') return problem('Port', `${port} needs root`, 'Choose one above 1023 with --port.');
  return problem(
    'Port',
    `${port} is in use by another program`,
    `Find it: ss -ltnp 'sport = :${port}'. Stop it, or choose another port with --port.`,
  );
}

export function checkIptables({ isRoot }: DoctorContext): Finding {
  const found = ['/usr/sbin/iptables', '/sbin/iptables', '/usr/bin/iptables'].find((file) => existsSync(file));
  if (!found)
    return problem('iptables', 'not installed', 'Docker needs it to publish ports: sudo apt-get install iptables');
  const forwarding = readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8').trim() === '1';
  if (!forwarding) {
    return warning(
      'iptables',
      `${found}; IP forwarding is off`,
      'Docker turns it on when it starts; if containers have no network: sudo sysctl net.ipv4.ip_forward=1',
    );
  }
  if (isRoot) return ok('iptables', found);
  return warning(
    'iptables',
    `${found}, but not root`,
    "Without root, tasks reach their metadata by the bridge's address instead of 169.254.170.2.",
  );
}

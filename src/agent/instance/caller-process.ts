/**
 * Whether the process at the other end of a loopback connection runs outside of containers. Containers in host mode share
 * the machine's network, and with it the loopback address; what gives them away is their process id namespace and their
 * control group. A process that cannot be seen (an agent that is not root sees its own user's only) counts as a container.
 */
import { readdir, readFile, readlink } from 'node:fs/promises';

export interface Connection {
  /** Of the caller. */
  readonly remotePort: number;
  /** Of ours. */
  readonly localPort: number;
}

const containerGroup =
  /\/(docker|ecs|kubepods|libpod_parent)\/|\b(docker|ecstasks|libpod|crio|cri-containerd)-[0-9a-f]|kubepods/;

const portOf = (address: string | undefined): number => Number.parseInt(address?.split(':').at(-1) ?? '', 16);

/** The inode of the caller's socket, out of the kernel's table (`/proc/net/tcp`). */
export function inodeOf(table: string, { remotePort, localPort }: Connection): string | undefined {
  for (const line of table.split('\n').slice(1)) {
    const [, local, remote, , , , , , , inode] = line.trim().split(/\s+/);
    if (portOf(local) === remotePort && portOf(remote) === localPort && inode !== '0') return inode;
  }
  return undefined;
}

export const isContainerGroup = (cgroup: string): boolean => containerGroup.test(cgroup);

const read = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '');

async function holds(pid: string, inode: string): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  const names = await readdir(folder).catch(() => []);
  const links = await Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => '')));
  return links.includes(`socket:[${inode}]`);
}

async function holderOf(inode: string): Promise<string | undefined> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).reverse();
  for (const pid of pids) if (await holds(pid, inode)) return pid;
  return undefined;
}

export async function isOutsideContainers(connection: Connection): Promise<boolean> {
  const tables = await Promise.all([read('/proc/net/tcp'), read('/proc/net/tcp6')]);
  // Not Linux: containers run in a machine of their own.
  if (tables.every((table) => table === '')) return true;
  const inode = inodeOf(tables[0], connection) ?? inodeOf(tables[1], connection);
  const pid = inode && (await holderOf(inode));
  if (!pid) return false;
  const [own, theirs] = await Promise.all([
    readlink('/proc/self/ns/pid').catch(() => ''),
    readlink(`/proc/${pid}/ns/pid`).catch(() => 'unreadable'),
  ]);
  if (own !== theirs) return false;
  const [ownGroup, theirGroup] = await Promise.all([read('/proc/self/cgroup'), read(`/proc/${pid}/cgroup`)]);
  // An agent that is in a container itself goes by the namespace alone.
  return isContainerGroup(ownGroup) || !isContainerGroup(theirGroup);
}

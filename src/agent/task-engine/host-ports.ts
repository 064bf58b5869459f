import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Random } from '#lib/random.ts';
import type { AgentPortMapping } from '#model/agent-messages.ts';
import type { NetworkBinding } from './running-tasks.ts';
import type { EngineTask } from './task.ts';

/** Free ports of this machine. */
export interface HostPorts {
  /** The first of `count` consecutive free ports; none of them is in `taken`. */
  pick(protocol: 'tcp' | 'udp', count: number, taken: ReadonlySet<number>): Promise<number>;
}

function probe(protocol: 'tcp' | 'udp', port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    if (protocol === 'udp') {
      const socket = createSocket('udp4');
      socket.once('error', () => socket.close(() => resolve(undefined)));
      socket.bind({ port, address: '0.0.0.0', exclusive: true }, () => {
        const bound = socket.address().port;
        socket.close(() => resolve(bound));
      });
      return;
    }
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '0.0.0.0', exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : undefined));
    });
  });
}

function ephemeralRange(): readonly [number, number] {
  try {
    const [first = 32768, last = 60999] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
      .trim()
      .split(/\s+/)
      .map(Number);
    return [first, last];
  } catch {
    // Not Linux: IANA's dynamic ports.
    return [49152, 65535];
  }
}

const attempts = 64;

export function createHostPorts(random: Random): HostPorts {
  const [first, last] = ephemeralRange();
  const pickSingle = async (protocol: 'tcp' | 'udp', taken: ReadonlySet<number>) => {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const port = await probe(protocol, 0);
      if (port !== undefined && !taken.has(port)) return port;
    }
    throw new Error(`no free ${protocol} host port`);
  };
  const pickBlock = async (protocol: 'tcp' | 'udp', count: number, taken: ReadonlySet<number>) => {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const base = first + Math.floor(random.unit() * (last - first - count + 2));
      const block = Array.from({ length: count }, (_, index) => base + index);
      if (block.some((port) => taken.has(port))) continue;
      const free = await Promise.all(block.map((port) => probe(protocol, port)));
      if (free.every((port) => port !== undefined)) return base;
    }
    throw new Error(`no ${count} consecutive free ${protocol} host ports`);
  };
  return {
    pick: (protocol, count, taken) => (count === 1 ? pickSingle(protocol, taken) : pickBlock(protocol, count, taken)),
  };
}

const spanOf = (range: string): readonly [number, number] => {
  const [first = 0, last = first] = range.split('-').map(Number);
  return [first, last];
};

/** The host ports that bindings take, for one protocol. */
export function portsOf(bindings: readonly NetworkBinding[], protocol: 'tcp' | 'udp'): number[] {
  return bindings
    .filter((binding) => binding.protocol === protocol)
    .flatMap((binding) => {
      if (!binding.hostPortRange) return binding.hostPort ? [binding.hostPort] : [];
      const [first, last] = spanOf(binding.hostPortRange);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
}

/** Host ports that tasks hold until they have stopped. */
export function takenPorts(tasks: Iterable<EngineTask>, protocol: 'tcp' | 'udp'): ReadonlySet<number> {
  const live = [...tasks].filter((task) => task.known !== 'STOPPED');
  return new Set(live.flatMap((task) => task.containers.flatMap(({ bindings }) => portsOf(bindings, protocol))));
}

export const hasDynamicPorts = (mappings: readonly AgentPortMapping[] | undefined): boolean =>
  (mappings ?? []).some((mapping) => mapping.containerPortRange !== undefined || !mapping.hostPort);

/** Real host ports for a container's mappings. In host mode a container's ports are the host's. */
export async function chooseBindings(
  mappings: readonly AgentPortMapping[],
  hostPorts: HostPorts,
  options: { readonly networkMode: string; readonly taken: (protocol: 'tcp' | 'udp') => ReadonlySet<number> },
): Promise<NetworkBinding[]> {
  if (options.networkMode === 'none') return [];
  const out: NetworkBinding[] = [];
  for (const mapping of mappings) {
    const protocol = mapping.protocol ?? 'tcp';
    const base = { bindIP: '0.0.0.0', protocol } as const;
    const range = mapping.containerPortRange;
    const taken = new Set([...options.taken(protocol), ...portsOf(out, protocol)]);
    if (range) {
      const [first, last] = spanOf(range);
      const host = options.networkMode === 'host' ? first : await hostPorts.pick(protocol, last - first + 1, taken);
      const hostPortRange = `${host}-${host + last - first}`;
      out.push({ ...base, containerPortRange: range, hostPortRange });
    } else if (mapping.containerPort) {
      const { containerPort } = mapping;
      const fixed = options.networkMode === 'host' ? containerPort : mapping.hostPort;
      out.push({ ...base, containerPort, hostPort: fixed || (await hostPorts.pick(protocol, 1, taken)) });
    }
  }
  return out;
}

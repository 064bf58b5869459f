import { portsOf } from './host-ports.ts';
import type { EngineTask } from './task.ts';

/**
 * The last look before a task is taken up: whether it fits next to what is here. The control plane has placed it by the
 * same figures, so this only catches its mistakes; it answers why not instead of making the task wait.
 */
export interface HostResources {
  readonly cpuUnits: number;
  readonly memoryMiB: number;
}

function reservation(task: EngineTask): HostResources {
  const { cpu, memory } = task.payload;
  const containers = task.containers.map(({ payload }) => payload);
  const hostConfigOf = (text: string | undefined): { MemoryReservation?: number } => (text ? JSON.parse(text) : {});
  const memoryOf = (container: (typeof containers)[number]): number => {
    const reservedBytes = hostConfigOf(container.dockerConfig?.hostConfig).MemoryReservation ?? 0;
    return reservedBytes ? reservedBytes / 1024 / 1024 : (container.memory ?? 0);
  };
  return {
    cpuUnits: cpu ? cpu * 1024 : containers.reduce((sum, container) => sum + (container.cpu ?? 0), 0),
    memoryMiB: memory || containers.reduce((sum, container) => sum + memoryOf(container), 0),
  };
}

function fixedPorts(task: EngineTask, protocol: 'tcp' | 'udp'): number[] {
  return task.containers.flatMap(({ payload, bindings }) => {
    const fixed = (payload.portMappings ?? []).filter(
      (mapping) => mapping.hostPort && (mapping.protocol ?? 'tcp') === protocol,
    );
    return [...fixed.map((mapping) => mapping.hostPort!), ...portsOf(bindings, protocol)];
  });
}

/** Why the task does not fit, or nothing. */
export function explainNoRoom(
  task: EngineTask,
  present: readonly EngineTask[],
  host: HostResources,
): string | undefined {
  const live = present.filter((other) => other.known !== 'STOPPED' && other.arn !== task.arn);
  const wanted = reservation(task);
  const held = live.map(reservation);
  const sum = (pick: (resources: HostResources) => number) => held.reduce((total, entry) => total + pick(entry), 0);
  const freeCpu = host.cpuUnits - sum((entry) => entry.cpuUnits);
  const freeMemory = host.memoryMiB - sum((entry) => entry.memoryMiB);
  if (wanted.cpuUnits > freeCpu) return `not enough CPU: ${wanted.cpuUnits} units wanted, ${freeCpu} free`;
  if (wanted.memoryMiB > freeMemory) return `not enough memory: ${wanted.memoryMiB} MiB wanted, ${freeMemory} MiB free`;
  for (const protocol of ['tcp', 'udp'] as const) {
    const taken = new Set(live.flatMap((other) => fixedPorts(other, protocol)));
    const clash = fixedPorts(task, protocol).find((port) => taken.has(port));
    if (clash !== undefined) return `host port ${clash}/${protocol} is held by another task`;
  }
  return undefined;
}

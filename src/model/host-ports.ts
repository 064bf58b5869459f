/** The host ports that a task holds: those reserved at its birth and those that its agent has reported since. */
import type { NetworkBinding } from '@aws-sdk/client-ecs';
import type { PortReservation, TaskRow } from './rows.ts';

/** `8000-8010` or `8000` as numbers; an empty list for anything else. */
export function expandPortRange(text: string): number[] {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (!match) return [];
  const first = Number(match[1]);
  const last = match[2] === undefined ? first : Number(match[2]);
  if (last > 65_535 || last < first) return [];
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

function boundPorts(binding: NetworkBinding): PortReservation[] {
  const protocol = binding.protocol === 'udp' ? 'udp' : 'tcp';
  const ports = binding.hostPortRange ? expandPortRange(binding.hostPortRange) : [binding.hostPort ?? 0];
  return ports.filter((hostPort) => hostPort > 0).map((hostPort) => ({ protocol, hostPort }));
}

export function portsOf(task: Pick<TaskRow, 'reservation' | 'containers'>): readonly PortReservation[] {
  const bound = task.containers.flatMap((container) => container.networkBindings.flatMap(boundPorts));
  return bound.length === 0 ? task.reservation.ports : [...task.reservation.ports, ...bound];
}

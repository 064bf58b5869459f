/**
 * Who asks, as far as the sender's address tells. Containers in bridge mode have addresses of their own; those in host
 * mode have the machine's, which tells nothing. Addresses are learnt shortly after a container has started.
 */
import type { ContainerView, RunningTasks, TaskView } from '../task-engine/running-tasks.ts';

export interface Caller {
  readonly task: TaskView;
  readonly container: ContainerView;
}

/** An IPv4 address without the dress of IPv6. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:/, '');

/** The running container with this address; undefined when none is known to have it. */
export function callerAt(tasks: RunningTasks, address: string | undefined): Caller | undefined {
  if (!address) return undefined;
  const wanted = plainAddress(address);
  for (const task of tasks.list()) {
    if (task.knownStatus === 'STOPPED') continue;
    for (const container of task.containers) {
      if (container.knownStatus !== 'RUNNING') continue;
      const has = container.networks.some(
        (network) => network.ipv4Addresses.includes(wanted) || network.ipv6Addresses.includes(wanted),
      );
      if (has) return { task, container };
    }
  }
  return undefined;
}

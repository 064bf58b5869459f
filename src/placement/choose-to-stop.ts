/**
 * Which tasks a scale-in gives up: the placement strategies, read backwards. A spread gives up tasks where most of them
 * are, a binpack those of the emptiest instance, so that what stays is spread or packed as the strategies say. Strategies
 * chain: the first decides, the next breaks its ties; then the instance with most of the tasks, then the newest task.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service_definition_parameters.html
 */
import type { TaskReservation } from '#model/rows.ts';
import type { Strategy } from './request.ts';

export interface PlacedTask {
  readonly arn: string;
  readonly containerInstanceArn?: string | undefined;
  readonly availabilityZone?: string | undefined;
  readonly createdAt: number;
  readonly reservation: TaskReservation;
}

/** The instance of a task; undefined when it is not known any more. */
export type HostOf = (containerInstanceArn: string) =>
  | {
      readonly attributes: ReadonlyMap<string, string>;
      readonly free: { readonly cpuUnits: number; readonly memoryMiB: number };
    }
  | undefined;

interface Host<T> {
  /** Oldest first. */
  readonly tasks: T[];
  readonly arn: string;
  readonly zone: string;
  freed: { cpuUnits: number; memoryMiB: number };
}

/** How much a host is the place to stop a task: the highest is taken. */
type Weight<T> = (host: Host<T>) => number;

function groupByHost<T extends PlacedTask>(tasks: readonly T[]): Host<T>[] {
  const hosts = new Map<string, Host<T>>();
  for (const task of tasks.toSorted((a, b) => a.createdAt - b.createdAt || (a.arn < b.arn ? 1 : -1))) {
    const arn = task.containerInstanceArn ?? '';
    const host = hosts.get(arn);
    if (host) host.tasks.push(task);
    else
      hosts.set(arn, { tasks: [task], arn, zone: task.availabilityZone ?? '', freed: { cpuUnits: 0, memoryMiB: 0 } });
  }
  return [...hosts.values()];
}

/** Counts of the tasks per value, kept as they are taken. */
function countsBy<T>(hosts: readonly Host<T>[], groupOf: (host: Host<T>) => string) {
  const counts = new Map<string, number>();
  for (const host of hosts) counts.set(groupOf(host), (counts.get(groupOf(host)) ?? 0) + host.tasks.length);
  return {
    weight: (host: Host<T>) => counts.get(groupOf(host)) ?? 0,
    took: (host: Host<T>) => void counts.set(groupOf(host), (counts.get(groupOf(host)) ?? 0) - 1),
  };
}

/** Up to `most` of the tasks, in the order in which they are given up. Each costs one look at every instance that has some. */
export function chooseToStop<T extends PlacedTask>(
  tasks: readonly T[],
  strategies: readonly Strategy[],
  hostOf: HostOf,
  most: number,
): T[] {
  const hosts = groupByHost(tasks);
  const weights: Weight<T>[] = [];
  const onTaken: ((host: Host<T>) => void)[] = [];
  for (const strategy of strategies) {
    if (strategy.type === 'random') continue;
    if (strategy.type === 'binpack') {
      const size = strategy.field === 'cpu' ? 'cpuUnits' : 'memoryMiB';
      weights.push((host) => (hostOf(host.arn)?.free[size] ?? Number.POSITIVE_INFINITY) + host.freed[size]);
    } else if (strategy.field === 'instanceId' || strategy.field === 'host') weights.push((host) => host.tasks.length);
    else {
      const isZone = strategy.field === 'ecs.availability-zone';
      const groupOf = (host: Host<T>) => hostOf(host.arn)?.attributes.get(strategy.field) ?? (isZone ? host.zone : '');
      const counts = countsBy(hosts, groupOf);
      weights.push(counts.weight);
      onTaken.push(counts.took);
    }
  }
  weights.push(
    (host) => host.tasks.length,
    (host) => host.tasks.at(-1)?.createdAt ?? 0,
  );
  const chosen: T[] = [];
  while (chosen.length < most) {
    let best: Host<T> | undefined;
    for (const host of hosts) if (host.tasks.length > 0 && (!best || isHeavier(host, best, weights))) best = host;
    const task = best?.tasks.pop();
    if (!best || !task) break;
    best.freed.cpuUnits += task.reservation.cpuUnits;
    best.freed.memoryMiB += task.reservation.memoryMiB;
    for (const took of onTaken) took(best);
    chosen.push(task);
  }
  return chosen;
}

function isHeavier<T>(a: Host<T>, b: Host<T>, weights: readonly Weight<T>[]): boolean {
  for (const weight of weights) {
    const left = weight(a);
    const right = weight(b);
    if (left !== right) return left > right;
  }
  return a.arn < b.arn;
}

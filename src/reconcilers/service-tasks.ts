/** How the service scheduler sees one task. */
import type { ServiceRow, TaskRow } from '#model/rows.ts';
import { isServing } from '#model/task-serving.ts';
import { chooseToStop, type HostOf } from '#placement/choose-to-stop.ts';
import { defaultStrategies, type Strategy } from '#placement/request.ts';

/** True while a failing health check of the task does not count against it yet. */
function inGracePeriod(service: ServiceRow, task: TaskRow, nowMs: number): boolean {
  const graceMs = (service.healthCheckGracePeriodSeconds ?? 0) * 1000;
  return task.startedAt !== undefined && nowMs < task.startedAt + graceMs;
}

/** Its health checks failed, so it has to be replaced. */
export function isUnhealthy(service: ServiceRow, task: TaskRow, nowMs: number): boolean {
  return task.healthStatus === 'UNHEALTHY' && !inGracePeriod(service, task, nowMs);
}

/** How a service's placement strategies and the instances of its tasks order what it gives up. */
export interface StoppingOrder {
  readonly strategies: readonly Strategy[];
  readonly hostOf: HostOf;
}

const overZones: StoppingOrder = { strategies: defaultStrategies, hostOf: () => undefined };

/** Up to `most` tasks in the order in which they are given up: those that do not serve, then as the strategies say. */
export function orderForStopping(
  candidates: readonly TaskRow[],
  most = candidates.length,
  order: StoppingOrder = overZones,
): TaskRow[] {
  const newestFirst = candidates.toSorted((a, b) => b.createdAt - a.createdAt || (a.arn < b.arn ? -1 : 1));
  const idle = newestFirst.filter((task) => !isServing(task)).slice(0, most);
  const serving = candidates.filter(isServing);
  return [...idle, ...chooseToStop(serving, order.strategies, order.hostOf, most - idle.length)];
}

/** How the service scheduler sees one task. */
import type { ServiceRow, TaskRow } from '#model/rows.ts';
import { isServing } from '#model/task-serving.ts';

/** True while a failing health check of the task does not count against it yet. */
function inGracePeriod(service: ServiceRow, task: TaskRow, nowMs: number): boolean {
  const graceMs = (service.healthCheckGracePeriodSeconds ?? 0) * 1000;
  return task.startedAt !== undefined && nowMs < task.startedAt + graceMs;
}

/** Its health checks failed, so it has to be replaced. */
export function isUnhealthy(service: ServiceRow, task: TaskRow, nowMs: number): boolean {
  return task.healthStatus === 'UNHEALTHY' && !inGracePeriod(service, task, nowMs);
}

/** Tasks of one Availability Zone by instance; within an instance the newest is last. */
type Zone = Map<string, TaskRow[]>;

function byZoneAndInstance(tasks: readonly TaskRow[]): Zone[] {
  const zones = new Map<string, Zone>();
  for (const task of tasks) {
    const zone = zones.get(task.availabilityZone ?? '') ?? new Map<string, TaskRow[]>();
    zones.set(task.availabilityZone ?? '', zone);
    const instance = zone.get(task.containerInstanceArn ?? '');
    if (instance) instance.push(task);
    else zone.set(task.containerInstanceArn ?? '', [task]);
  }
  return [...zones.values()];
}

/** The fullest of several lists; of equally full ones that with the newest last task. */
function fullest(lists: Iterable<TaskRow[]>): TaskRow[] | undefined {
  let best: TaskRow[] | undefined;
  for (const list of lists) {
    const better =
      !best ||
      list.length > best.length ||
      (list.length === best.length && (list.at(-1)?.createdAt ?? 0) > (best.at(-1)?.createdAt ?? 0));
    if (better) best = list;
  }
  return best?.length ? best : undefined;
}

/**
 * Up to `most` tasks in the order in which they are given up: those that do not serve, then those whose Availability Zone
 * and instance hold most of the candidates, then the newest.
 */
export function orderForStopping(candidates: readonly TaskRow[], most = candidates.length): TaskRow[] {
  const oldestFirst = [...candidates].sort((a, b) => a.createdAt - b.createdAt || (a.arn < b.arn ? 1 : -1));
  const ordered = oldestFirst.filter((task) => !isServing(task)).reverse();
  const zones = byZoneAndInstance(oldestFirst.filter(isServing));
  const sizes = zones.map((zone) => [...zone.values()].reduce((sum, list) => sum + list.length, 0));
  while (ordered.length < most) {
    const at = sizes.indexOf(Math.max(...sizes));
    const list = zones[at] && fullest(zones[at].values());
    if (!list) break;
    ordered.push(list.pop()!);
    sizes[at]! -= 1;
  }
  return ordered.slice(0, most);
}

/** How the service scheduler sees one task. */
import type { ServiceRow, TaskRow } from '#model/rows.ts';

/** True while a failing health check of the task does not count against it yet. */
function inGracePeriod(service: ServiceRow, task: TaskRow, nowMs: number): boolean {
  const graceMs = (service.healthCheckGracePeriodSeconds ?? 0) * 1000;
  return task.startedAt !== undefined && nowMs < task.startedAt + graceMs;
}

const hasHealthCheck = (task: TaskRow) =>
  task.containers.some((container) => container.essential && container.healthChecked);

/** Running and not known or feared to be unwell: it counts towards minimumHealthyPercent. */
export function isServing(task: TaskRow): boolean {
  if (task.lastStatus !== 'RUNNING' || task.desiredStatus !== 'RUNNING') return false;
  return !hasHealthCheck(task) || task.healthStatus === 'HEALTHY';
}

/** Its health checks failed, so it has to be replaced. */
export function isUnhealthy(service: ServiceRow, task: TaskRow, nowMs: number): boolean {
  return task.healthStatus === 'UNHEALTHY' && !inGracePeriod(service, task, nowMs);
}

/**
 * The order in which tasks are given up: those that do not serve, then those whose Availability Zone and instance hold
 * most tasks of the service, then the newest. `among` is what is counted.
 */
export function orderForStopping(candidates: readonly TaskRow[], among: readonly TaskRow[]): TaskRow[] {
  const perZone = new Map<string, number>();
  const perInstance = new Map<string, number>();
  const add = (counts: Map<string, number>, key: string | undefined, by: number) =>
    counts.set(key ?? '', (counts.get(key ?? '') ?? 0) + by);
  for (const task of among) {
    add(perZone, task.availabilityZone, 1);
    add(perInstance, task.containerInstanceArn, 1);
  }
  const rest = [...candidates].sort((a, b) => b.createdAt - a.createdAt || (a.arn < b.arn ? -1 : 1));
  const ordered = rest.filter((task) => !isServing(task));
  const serving = rest.filter(isServing);
  for (const task of ordered) {
    add(perZone, task.availabilityZone, -1);
    add(perInstance, task.containerInstanceArn, -1);
  }
  while (serving.length > 0) {
    let best = 0;
    for (let i = 1; i < serving.length; i++) {
      const zone =
        (perZone.get(serving[i]!.availabilityZone ?? '') ?? 0) -
        (perZone.get(serving[best]!.availabilityZone ?? '') ?? 0);
      const instance =
        (perInstance.get(serving[i]!.containerInstanceArn ?? '') ?? 0) -
        (perInstance.get(serving[best]!.containerInstanceArn ?? '') ?? 0);
      if (zone > 0 || (zone === 0 && instance > 0)) best = i;
    }
    const [task] = serving.splice(best, 1);
    add(perZone, task!.availabilityZone, -1);
    add(perInstance, task!.containerInstanceArn, -1);
    ordered.push(task!);
  }
  return ordered;
}

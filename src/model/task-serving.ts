/** Which of a service's tasks count as healthy. Pure. */
import type { TaskRow } from './rows.ts';

const hasHealthCheck = (task: TaskRow) =>
  task.containers.some((container) => container.essential && container.healthChecked);

/** Running and not known or feared to be unwell: it counts towards minimumHealthyPercent. */
export function isServing(task: TaskRow): boolean {
  if (task.lastStatus !== 'RUNNING' || task.desiredStatus !== 'RUNNING') return false;
  return task.healthStatus === 'HEALTHY' || !hasHealthCheck(task);
}

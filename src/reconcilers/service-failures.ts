/**
 * What the ends of a deployment's tasks say about it: its count of failed tasks, its restart throttle and its circuit
 * breaker. Pure.
 *
 * A task counts as failed when it never reached RUNNING, or was stopped because its health checks failed. The throttle
 * also counts tasks that died young. Tasks of one wave that fail together lengthen the delay once.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-throttle-logic.html
 */
import type { DeploymentRow, TaskRow } from '#model/rows.ts';

/** A task that ran at least this long did start properly, whatever became of it later. */
export const PROVEN_AFTER_MS = 30_000;

/** Tasks that failed to start or died young are replaced at once the first time, then ever later, up to 15 minutes. */
export function restartDelayMs(failuresInARow: number): number {
  return failuresInARow <= 1 ? 0 : Math.min(15 * 60_000, 1000 * 2 ** (failuresInARow - 2));
}

export const UNHEALTHY_REASON = 'Task failed container health checks';

/** The scheduler, a user or an operator stopped it on purpose: no failure, unless it was for its health. */
function stoppedOnPurpose(task: TaskRow): boolean {
  const deliberate = task.stopCode === 'ServiceSchedulerInitiated' || task.stopCode === 'UserInitiated';
  return deliberate && task.stoppedReason !== UNHEALTHY_REASON;
}

const failedToStart = (task: TaskRow) => task.startedAt === undefined || task.stoppedReason === UNHEALTHY_REASON;

const diedYoung = (task: TaskRow) =>
  task.startedAt !== undefined && (task.stoppedAt ?? 0) - task.startedAt < PROVEN_AFTER_MS;

export interface FailureTally {
  readonly deployment: DeploymentRow;
  /** The throttle has just set in, so the service says so once. */
  readonly throttled: boolean;
}

/**
 * Takes note of tasks that stopped (`ended`) and of those that have proven themselves (`live`). Failures after which the
 * delay is first noticeable make an event.
 */
export function tallyFailures(
  deployment: DeploymentRow,
  ended: readonly TaskRow[],
  live: readonly TaskRow[],
  nowMs: number,
): FailureTally {
  let { failedTasks, failuresInARow, throttledAt, nextLaunchAt } = deployment;
  const before = failuresInARow;
  for (const task of ended) {
    if (task.deploymentId !== deployment.id || stoppedOnPurpose(task)) continue;
    const failed = failedToStart(task);
    if (failed) failedTasks += 1;
    if (!failed && !diedYoung(task)) continue;
    if (throttledAt !== undefined && task.createdAt < throttledAt) continue;
    failuresInARow += 1;
    throttledAt = nowMs;
    nextLaunchAt = nowMs + restartDelayMs(failuresInARow);
  }
  const proven = live.some(
    (task) =>
      task.deploymentId === deployment.id && task.startedAt !== undefined && nowMs - task.startedAt >= PROVEN_AFTER_MS,
  );
  if (proven && ended.length === 0 && failuresInARow > 0) {
    failuresInARow = 0;
    throttledAt = undefined;
    nextLaunchAt = undefined;
  }
  const same =
    failedTasks === deployment.failedTasks &&
    failuresInARow === deployment.failuresInARow &&
    nextLaunchAt === deployment.nextLaunchAt;
  if (same) return { deployment, throttled: false };
  return {
    deployment: { ...deployment, failedTasks, failuresInARow, throttledAt, nextLaunchAt },
    throttled: before < 3 && failuresInARow >= 3,
  };
}

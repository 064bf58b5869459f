/**
 * What the ends of a deployment's tasks say about it: its count of failed tasks, its restart throttle and its circuit
 * breaker. Pure.
 *
 * A task counts as failed when it never reached RUNNING, was stopped because its health checks failed, or ended by itself
 * soon after its start while the deployment is in progress. A task that becomes healthy resets the count. The throttle
 * counts the same tasks at any time. Tasks of one wave that fail together lengthen the delay once.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-throttle-logic.html
 */
import type { DeploymentRow, TaskRow } from '#model/rows.ts';
import { isServing } from '#model/task-serving.ts';

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

const diedYoung = (task: TaskRow, healthyAfterMs = 0) =>
  task.startedAt !== undefined && (task.stoppedAt ?? 0) - task.startedAt < Math.max(PROVEN_AFTER_MS, healthyAfterMs);

export interface FailureTally {
  readonly deployment: DeploymentRow;
  /** The throttle has just set in, so the service says so once. */
  readonly throttled: boolean;
}

/** How a circuit breaker counts; without one the defaults hold. */
export interface FailureRules {
  /** A task that becomes healthy resets the count. */
  readonly resetOnHealthyTask?: boolean | undefined;
  /** How long a task without a health check must have run to be healthy. */
  readonly healthyAfterMs?: number;
}

/** When the newest of the deployment's healthy tasks had started. */
function newestHealthy(deployment: DeploymentRow, live: readonly TaskRow[], healthyAfterMs: number, nowMs: number) {
  let newest: number | undefined;
  for (const task of live) {
    if (task.deploymentId !== deployment.id || task.startedAt === undefined || !isServing(task)) continue;
    if (task.healthStatus !== 'HEALTHY' && nowMs - task.startedAt < healthyAfterMs) continue;
    if (newest === undefined || task.startedAt > newest) newest = task.startedAt;
  }
  return newest;
}

/** The count after the tasks of `ended`, of which `failed` failed; a healthy task newer than any before resets it first. */
function countFailures(
  deployment: DeploymentRow,
  failed: number,
  live: readonly TaskRow[],
  nowMs: number,
  rules: FailureRules,
): Pick<DeploymentRow, 'failedTasks' | 'healthyStartedAt'> {
  const { failedTasks, healthyStartedAt } = deployment;
  if (failedTasks + failed === 0) return { failedTasks, healthyStartedAt };
  const newest = newestHealthy(deployment, live, rules.healthyAfterMs ?? PROVEN_AFTER_MS, nowMs);
  if (newest === undefined || newest <= (healthyStartedAt ?? -1)) {
    return { failedTasks: failedTasks + failed, healthyStartedAt };
  }
  return { failedTasks: (rules.resetOnHealthyTask === false ? failedTasks : 0) + failed, healthyStartedAt: newest };
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
  rules: FailureRules = {},
): FailureTally {
  let { failuresInARow, throttledAt, nextLaunchAt } = deployment;
  const before = failuresInARow;
  let failed = 0;
  for (const task of ended) {
    if (task.deploymentId !== deployment.id || stoppedOnPurpose(task)) continue;
    const young = diedYoung(task, rules.healthyAfterMs);
    if (failedToStart(task) || (young && deployment.rolloutState === 'IN_PROGRESS')) failed += 1;
    if (!failedToStart(task) && !young) continue;
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
  const { failedTasks, healthyStartedAt } = countFailures(deployment, failed, live, nowMs, rules);
  const same =
    failedTasks === deployment.failedTasks &&
    healthyStartedAt === deployment.healthyStartedAt &&
    failuresInARow === deployment.failuresInARow &&
    nextLaunchAt === deployment.nextLaunchAt;
  if (same) return { deployment, throttled: false };
  return {
    deployment: {
      ...deployment,
      failedTasks,
      ...(healthyStartedAt !== undefined && { healthyStartedAt }),
      failuresInARow,
      throttledAt,
      nextLaunchAt,
    },
    throttled: before < 3 && failuresInARow >= 3,
  };
}

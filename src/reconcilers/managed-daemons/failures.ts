/** What the ends of a daemon's tasks say: about its deployment, its next launch, and the instances they ran on. Pure. */
import { type DaemonDeploymentRow, type DaemonRow, isOngoing } from '#model/daemon.ts';
import type { TaskRow } from '#model/rows.ts';
import { isServing } from '#model/task-serving.ts';
import { PROVEN_AFTER_MS, restartDelayMs, UNHEALTHY_REASON } from '../service-failures.ts';

/** The scheduler meant it to end. */
const wasReplaced = (task: TaskRow) =>
  task.stopCode === 'ServiceSchedulerInitiated' && task.stoppedReason !== UNHEALTHY_REASON;

/** It ended though the daemon wants it: by itself, for its health, or because somebody stopped it. */
export const endedUnwanted = (daemon: DaemonRow, task: TaskRow): boolean =>
  daemon.status === 'ACTIVE' && !wasReplaced(task);

const ranLong = (task: TaskRow) =>
  task.startedAt !== undefined && (task.stoppedAt ?? 0) - task.startedAt >= PROVEN_AFTER_MS;

/** A task that has proven itself ends the row of failures. */
export function forgive(daemon: DaemonRow, live: readonly TaskRow[], nowMs: number): DaemonRow {
  const isProof = (task: TaskRow) =>
    task.deploymentId === daemon.revisionArn &&
    isServing(task) &&
    nowMs - (task.startedAt ?? nowMs) >= PROVEN_AFTER_MS &&
    (daemon.throttledAt === undefined || task.createdAt >= daemon.throttledAt);
  if (daemon.failuresInARow === 0 || !live.some(isProof)) return daemon;
  const { throttledAt: _, nextLaunchAt: __, ...rest } = daemon;
  return { ...rest, failuresInARow: 0 };
}

export interface DaemonTally {
  readonly daemon: DaemonRow;
  readonly deployment: DaemonDeploymentRow;
}

/** Takes note of tasks that have stopped on instances that are still there. Failures of one wave lengthen the delay once. */
export function tallyDaemon(tally: DaemonTally, ended: readonly TaskRow[], nowMs: number): DaemonTally {
  let { daemon, deployment } = tally;
  for (const task of ended) {
    if (!endedUnwanted(daemon, task) || task.stopCode === 'UserInitiated') continue;
    if (isOngoing(deployment) && task.deploymentId === daemon.revisionArn) {
      deployment = { ...deployment, failureCount: deployment.failureCount + 1 };
    }
    if (daemon.throttledAt !== undefined && task.createdAt < daemon.throttledAt) continue;
    const failuresInARow = ranLong(task) ? 1 : daemon.failuresInARow + 1;
    daemon = { ...daemon, failuresInARow, throttledAt: nowMs, nextLaunchAt: nowMs + restartDelayMs(failuresInARow) };
  }
  return { daemon, deployment };
}

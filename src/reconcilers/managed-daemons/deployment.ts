/** How a daemon and its deployment go on after a pass: the circuit breaker, and the end. Pure. */
import {
  breakerReason,
  type DaemonDeploymentRow,
  type DaemonRevisionRow,
  type DaemonRow,
  endDeployment,
  isOngoing,
  noCandidate,
  stoppedByBreaker,
} from '#model/daemon.ts';
import type { DaemonTally } from './failures.ts';

/** `stable`: the revision to go back to. */
export function tripBreaker(tally: DaemonTally, stable: DaemonRevisionRow | undefined, nowMs: number): DaemonTally {
  const { daemon, deployment } = tally;
  if (!isOngoing(deployment) || daemon.status !== 'ACTIVE' || deployment.failureCount < deployment.threshold) {
    return tally;
  }
  if (deployment.status === 'ROLLBACK_IN_PROGRESS') {
    return { daemon, deployment: endDeployment(deployment, 'ROLLBACK_FAILED', nowMs) };
  }
  const tripped = { ...deployment, tripped: deployment.failureCount };
  if (!stable || stable.arn === deployment.targetRevisionArn) {
    return { daemon, deployment: endDeployment(tripped, 'STOPPED', nowMs, `${stoppedByBreaker} ${noCandidate}`) };
  }
  const { nextLaunchAt: _, throttledAt: __, ...rest } = daemon;
  const { bakeUntil: ___, ...going } = tripped;
  return {
    daemon: {
      ...rest,
      failuresInARow: 0,
      revisionArn: stable.arn,
      capacityProviders: stable.capacityProviders,
      critical: stable.critical,
      updatedAt: nowMs,
    },
    deployment: {
      ...going,
      status: 'ROLLBACK_IN_PROGRESS',
      statusReason: breakerReason,
      failureCount: 0,
      stepUnderWay: true,
      rollback: {
        reason: breakerReason,
        startedAt: nowMs,
        revisionArn: stable.arn,
        capacityProviders: stable.capacityProviders,
      },
    },
  };
}

/** Every instance runs what the daemon wants. */
export function completeDeployment(tally: DaemonTally, nowMs: number): DaemonTally {
  const { daemon, deployment } = tally;
  const isBack = deployment.status === 'ROLLBACK_IN_PROGRESS';
  const ended = endDeployment(deployment, isBack ? 'ROLLBACK_SUCCESSFUL' : 'SUCCESSFUL', nowMs);
  const stable: DaemonRow = { ...daemon, stableRevisionArn: daemon.revisionArn };
  return { daemon: daemon.status === 'ACTIVE' ? stable : daemon, deployment: ended };
}

/** The deployment as its first pass finds it. */
export const startDeployment = (row: DaemonDeploymentRow, nowMs: number): DaemonDeploymentRow =>
  row.status === 'PENDING' ? { ...row, status: 'IN_PROGRESS', startedAt: nowMs } : row;

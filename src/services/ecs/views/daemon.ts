import type {
  DaemonCapacityProvider,
  DaemonDeployment,
  DaemonDeploymentRevisionDetail,
  DaemonDeploymentSummary,
  DaemonDetail,
  DaemonRevision,
  DaemonRevisionDetail,
} from '@aws-sdk/client-ecs';
import { capacityProviderArn, scopeOf } from '#model/arn.ts';
import {
  countRevision,
  type DaemonDeploymentRow,
  type DaemonRevisionRow,
  type DaemonRow,
  isOngoing,
  type RevisionCount,
} from '#model/daemon.ts';
import type { View } from '#store/store.ts';
import { containerInstances, daemonRevisions, daemons, tasks } from '#store/tables/ecs.ts';
import { compact } from '../validate/check.ts';

const date = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms));

function count(view: View, daemon: DaemonRow, revision: DaemonRevisionRow): RevisionCount {
  const live = [...view.find(tasks, 'liveByDaemon', daemon.arn)];
  const instances = revision.capacityProviders.flatMap((name) => [
    ...view.find(containerInstances, 'byCapacityProvider', `${daemon.clusterArn}#${name}`),
  ]);
  return countRevision(revision, revision.arn === daemon.revisionArn, live, instances);
}

const total = (counts: RevisionCount, member: 'running' | 'withoutDaemon' | 'draining') =>
  counts.providers.reduce((sum, provider) => sum + provider[member], 0);

/** The revision that every instance shall run comes first, then older ones that still run. */
export function viewDaemon(view: View, row: DaemonRow): DaemonDetail {
  const running = new Set<string>([row.revisionArn]);
  for (const task of view.find(tasks, 'liveByDaemon', row.arn)) {
    if (task.lastStatus === 'RUNNING' && task.deploymentId) running.add(task.deploymentId);
  }
  const revisions = [...running].flatMap((arn) => view.get(daemonRevisions, arn) ?? []);
  return compact({
    daemonArn: row.arn,
    clusterArn: row.clusterArn,
    status: row.status,
    currentRevisions: revisions.map((revision): DaemonRevisionDetail => {
      const counts = count(view, row, revision);
      return {
        arn: revision.arn,
        capacityProviders: counts.providers.map(
          (one): DaemonCapacityProvider => ({
            arn: capacityProviderArn(row, one.name),
            runningCount: one.running,
            withoutDaemonCount: one.withoutDaemon,
          }),
        ),
        totalRunningCount: total(counts, 'running'),
        totalWithoutDaemonCount: total(counts, 'withoutDaemon'),
      };
    }),
    deploymentArn: row.deploymentArn,
    createdAt: date(row.createdAt),
    updatedAt: date(row.updatedAt),
  });
}

function viewRevisionCount(row: DaemonDeploymentRow, counts: RevisionCount): DaemonDeploymentRevisionDetail {
  return {
    arn: counts.arn,
    capacityProviders: counts.providers.map((one) => ({
      arn: capacityProviderArn(scopeOf(row.arn), one.name),
      runningInstanceCount: one.running,
      withoutDaemonInstanceCount: one.withoutDaemon,
      drainingInstanceCount: one.draining,
    })),
    totalRunningInstanceCount: total(counts, 'running'),
    totalWithoutDaemonInstanceCount: total(counts, 'withoutDaemon'),
    totalDrainingInstanceCount: total(counts, 'draining'),
  };
}

function breakerStatus(row: DaemonDeploymentRow) {
  if (row.tripped !== undefined) return 'TRIGGERED';
  return isOngoing(row) ? 'MONITORING' : 'MONITORING_COMPLETE';
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DaemonDeploymentSummary.html */
export function viewDaemonDeploymentSummary(row: DaemonDeploymentRow): DaemonDeploymentSummary {
  return compact({
    daemonDeploymentArn: row.arn,
    daemonArn: row.daemonArn,
    clusterArn: row.clusterArn,
    status: row.status,
    statusReason: row.statusReason,
    targetDaemonRevisionArn: row.targetRevisionArn,
    createdAt: date(row.createdAt),
    startedAt: date(row.startedAt),
    stoppedAt: date(row.stoppedAt),
    finishedAt: date(row.finishedAt),
  });
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DaemonDeployment.html */
export function viewDaemonDeployment(view: View, row: DaemonDeploymentRow): DaemonDeployment {
  const daemon = view.get(daemons, row.daemonArn);
  const now = (arn: string): RevisionCount[] => {
    const revision = view.get(daemonRevisions, arn);
    return daemon && revision ? [count(view, daemon, revision)] : [];
  };
  const counts = row.outcome ?? [row.targetRevisionArn, ...row.sourceRevisionArns].flatMap(now);
  const target = counts.find((one) => one.arn === row.targetRevisionArn);
  const { rollback, configuration } = row;
  const { alarms } = configuration;
  return compact({
    daemonDeploymentArn: row.arn,
    clusterArn: row.clusterArn,
    status: row.status,
    statusReason: row.statusReason,
    targetDaemonRevision: target && viewRevisionCount(row, target),
    sourceDaemonRevisions: counts.filter((one) => one !== target).map((one) => viewRevisionCount(row, one)),
    circuitBreaker: {
      status: breakerStatus(row),
      failureCount: row.tripped ?? row.failureCount,
      threshold: row.threshold,
    },
    alarms: { status: 'DISABLED' as const, ...(alarms?.alarmNames && { alarmNames: alarms.alarmNames }) },
    rollback: rollback && {
      reason: rollback.reason,
      startedAt: new Date(rollback.startedAt),
      rollbackTargetDaemonRevisionArn: rollback.revisionArn,
      rollbackCapacityProviders: rollback.capacityProviders.map((name) => capacityProviderArn(scopeOf(row.arn), name)),
    },
    deploymentConfiguration: configuration,
    createdAt: date(row.createdAt),
    startedAt: date(row.startedAt),
    stoppedAt: date(row.stoppedAt),
    finishedAt: date(row.finishedAt),
  });
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DaemonRevision.html */
export function viewDaemonRevision(row: DaemonRevisionRow): DaemonRevision {
  return {
    daemonRevisionArn: row.arn,
    clusterArn: row.clusterArn,
    daemonArn: row.daemonArn,
    daemonTaskDefinitionArn: row.taskDefinitionArn,
    createdAt: new Date(row.createdAt),
    containerImages: row.containerImages.map((image) => ({ ...image })),
    propagateTags: row.propagateTags,
    enableECSManagedTags: row.enableECSManagedTags,
    enableExecuteCommand: row.enableExecuteCommand,
    critical: row.critical,
  };
}

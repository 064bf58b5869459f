/** The state of a service as far as it explains why its tasks are, or are not, there. */
import type { ServiceRow } from '#model/rows.ts';
import type { View } from '#store/store.ts';
import { serviceEvents, tasks } from '#store/tables/ecs.ts';

const shownEvents = 10;

export function viewService(view: View, row: ServiceRow, missingCount: number, nowMs: number) {
  const count = view.sum(tasks, 'byService', row.arn);
  const primary = row.deployments.find((deployment) => deployment.status === 'PRIMARY');
  const throttledUntilMs = primary?.nextLaunchAt;
  return {
    serviceArn: row.arn,
    serviceName: row.name,
    status: row.status,
    schedulingStrategy: row.schedulingStrategy,
    desiredCount: row.desiredCount,
    runningCount: count['running']!,
    pendingCount: count['pending']!,
    missingCount,
    failuresInARow: primary?.failuresInARow ?? 0,
    ...(throttledUntilMs !== undefined && throttledUntilMs > nowMs && { throttledUntil: new Date(throttledUntilMs) }),
    deployments: row.deployments.map((deployment) => {
      const tally = view.sum(tasks, 'byDeployment', deployment.id);
      return {
        id: deployment.id,
        status: deployment.status,
        taskDefinition: deployment.taskDefinitionArn,
        desiredCount: deployment.desiredCount,
        runningCount: tally['running']!,
        pendingCount: tally['pending']!,
        failedTasks: deployment.failedTasks,
        rolloutState: deployment.rolloutState,
        rolloutStateReason: deployment.rolloutStateReason,
      };
    }),
    events: [...view.find(serviceEvents, 'byService', row.arn)]
      .slice(-shownEvents)
      .reverse()
      .map(({ createdAt, message }) => ({ createdAt: new Date(createdAt), message })),
  };
}

export type ServiceView = ReturnType<typeof viewService>;

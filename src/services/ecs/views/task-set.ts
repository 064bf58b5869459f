import type { TaskSet } from '@aws-sdk/client-ecs';
import type { ServiceRow } from '#model/rows.ts';
import { computedDesiredCount, type TaskSetRow } from '#model/task-set.ts';
import type { View } from '#store/store.ts';
import { taskSets, tasks } from '#store/tables/ecs.ts';
import { compact } from '../validate/check.ts';

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskSet.html */
export function viewTaskSet(view: View, service: ServiceRow, row: TaskSetRow, withTags = false): TaskSet {
  const count = view.sum(tasks, 'byDeployment', row.id);
  return compact({
    id: row.id,
    taskSetArn: row.arn,
    serviceArn: row.serviceArn,
    clusterArn: row.clusterArn,
    externalId: row.externalId,
    status: row.status,
    taskDefinition: row.taskDefinitionArn,
    computedDesiredCount: computedDesiredCount(row, service.desiredCount),
    pendingCount: count['pending']!,
    runningCount: count['running']!,
    createdAt: new Date(row.createdAt),
    updatedAt: new Date(row.updatedAt),
    launchType: row.launchType,
    loadBalancers: [],
    serviceRegistries: [],
    scale: { value: row.scalePercent, unit: 'PERCENT' as const },
    stabilityStatus: row.stabilityStatus,
    stabilityStatusAt: new Date(row.stabilityStatusAt),
    tags: withTags && row.tags.length > 0 ? [...row.tags] : undefined,
  });
}

/** The PRIMARY one first, then the newest. */
export function viewTaskSets(view: View, service: ServiceRow): TaskSet[] {
  const rank = (row: TaskSetRow) => (row.status === 'PRIMARY' ? 0 : 1);
  return [...view.find(taskSets, 'byService', service.arn)]
    .sort((a, b) => rank(a) - rank(b) || b.createdAt - a.createdAt || (a.arn < b.arn ? -1 : 1))
    .map((row) => viewTaskSet(view, service, row));
}

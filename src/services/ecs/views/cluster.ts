import type { Cluster, ClusterField, KeyValuePair } from '@aws-sdk/client-ecs';
import type { ClusterRow } from '#model/rows.ts';
import type { View } from '#store/store.ts';
import { containerInstances, services, tasks } from '#store/tables/ecs.ts';

/** Launch types in the order and spelling of the names of STATISTICS. */
const launchTypes = [
  ['EC2', 'EC2'],
  ['FARGATE', 'Fargate'],
  ['EXTERNAL', 'External'],
] as const;

/** Counts per launch type, each in constant time. */
function statisticsOf(view: View, row: ClusterRow): KeyValuePair[] {
  return launchTypes.flatMap(([launchType, word]) => {
    const group = `${row.arn}#${launchType}`;
    const task = view.sum(tasks, 'byClusterAndLaunchType', group);
    const service = view.sum(services, 'byClusterAndLaunchType', group);
    return [
      { name: `running${word}TasksCount`, value: String(task['running']) },
      { name: `pending${word}TasksCount`, value: String(task['pending']) },
      { name: `active${word}ServiceCount`, value: String(service['active']) },
      { name: `draining${word}ServiceCount`, value: String(service['draining']) },
    ];
  });
}

/**
 * A cluster on the wire. What `include` does not name is answered empty, as AWS does.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Cluster.html
 */
export function viewCluster(view: View, row: ClusterRow, include: ReadonlySet<ClusterField>): Cluster {
  const task = view.sum(tasks, 'byCluster', row.arn);
  const cluster: Cluster = {
    clusterArn: row.arn,
    clusterName: row.name,
    status: row.status,
    registeredContainerInstancesCount: view.sum(containerInstances, 'byCluster', row.arn)['registered']!,
    runningTasksCount: task['running']!,
    pendingTasksCount: task['pending']!,
    activeServicesCount: view.sum(services, 'byCluster', row.arn)['active']!,
    statistics: include.has('STATISTICS') ? statisticsOf(view, row) : [],
    tags: include.has('TAGS') ? [...row.tags] : [],
    settings: include.has('SETTINGS') ? [...row.settings] : [],
    capacityProviders: [...row.capacityProviders],
    defaultCapacityProviderStrategy: [...row.defaultCapacityProviderStrategy],
  };
  if (include.has('CONFIGURATIONS') && row.configuration) cluster.configuration = row.configuration;
  if (include.has('ATTACHMENTS') && row.capacityProviders.length > 0) cluster.attachments = [];
  if (row.serviceConnectDefaults) cluster.serviceConnectDefaults = row.serviceConnectDefaults;
  return cluster;
}

/** What every operation that changes a cluster answers of it. */
export const changedClusterFields: ReadonlySet<ClusterField> = new Set(['CONFIGURATIONS', 'SETTINGS', 'TAGS']);

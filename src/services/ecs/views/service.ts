import type {
  Deployment,
  Service,
  ServiceCurrentRevisionSummary,
  ServiceEvent,
  ServiceField,
} from '@aws-sdk/client-ecs';
import type { DeploymentRow, ServiceRow } from '#model/rows.ts';
import type { View } from '#store/store.ts';
import { serviceEvents, tasks } from '#store/tables/ecs.ts';
import { compact } from '../validate/check.ts';
import { viewTaskSets } from './task-set.ts';

function viewDeployment(view: View, row: DeploymentRow): Deployment {
  const count = view.sum(tasks, 'byDeployment', row.id);
  return compact({
    id: row.id,
    status: row.status,
    taskDefinition: row.taskDefinitionArn,
    desiredCount: row.desiredCount,
    pendingCount: count['pending']!,
    runningCount: count['running']!,
    failedTasks: row.failedTasks,
    createdAt: new Date(row.createdAt),
    updatedAt: new Date(row.updatedAt),
    launchType: row.launchType,
    platformVersion: row.platformVersion,
    platformFamily: row.platformFamily,
    networkConfiguration: row.networkConfiguration,
    rolloutState: row.rolloutState,
    rolloutStateReason: row.rolloutStateReason,
  });
}

/** Newest first; never more than the 100 that are kept. */
function viewEvents(view: View, row: ServiceRow): ServiceEvent[] {
  const events = [...view.find(serviceEvents, 'byService', row.arn)].map(({ id, createdAt, message }) => ({
    id,
    createdAt: new Date(createdAt),
    message,
  }));
  return events.reverse();
}

/** What runs now: the revisions of all deployments that are not over. */
function viewRevisions(view: View, row: ServiceRow): ServiceCurrentRevisionSummary[] {
  const revisions: ServiceCurrentRevisionSummary[] = [];
  for (const { id, serviceRevisionArn, desiredCount } of row.deployments) {
    if (serviceRevisionArn === undefined) continue;
    const count = view.sum(tasks, 'byDeployment', id);
    revisions.push({
      arn: serviceRevisionArn,
      requestedTaskCount: desiredCount,
      runningTaskCount: count['running']!,
      pendingTaskCount: count['pending']!,
    });
  }
  return revisions;
}

/**
 * A service on the wire; what it does not have is absent (an empty networkConfiguration breaks Terraform).
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html
 */
export function viewService(view: View, row: ServiceRow, include: ReadonlySet<ServiceField> = new Set()): Service {
  const count = view.sum(tasks, 'byService', row.arn);
  return compact({
    serviceArn: row.arn,
    serviceName: row.name,
    clusterArn: row.clusterArn,
    loadBalancers: [...row.loadBalancers],
    serviceRegistries: [...row.serviceRegistries],
    status: row.status,
    desiredCount: row.desiredCount,
    runningCount: count['running']!,
    pendingCount: count['pending']!,
    launchType: row.launchType,
    platformVersion: row.platformVersion,
    platformFamily: row.platformFamily,
    taskDefinition: row.taskDefinitionArn,
    deploymentConfiguration: row.deploymentConfiguration,
    taskSets: row.deploymentController.type === 'EXTERNAL' ? viewTaskSets(view, row) : undefined,
    deployments: row.status === 'INACTIVE' ? [] : row.deployments.map((deployment) => viewDeployment(view, deployment)),
    currentServiceDeployment: row.serviceDeploymentArn,
    currentServiceRevisions: row.status === 'INACTIVE' ? undefined : viewRevisions(view, row),
    roleArn: row.roleArn,
    events: viewEvents(view, row),
    createdAt: new Date(row.createdAt),
    placementConstraints: [...row.placementConstraints],
    placementStrategy: [...row.placementStrategy],
    networkConfiguration: row.networkConfiguration,
    healthCheckGracePeriodSeconds: row.healthCheckGracePeriodSeconds,
    schedulingStrategy: row.schedulingStrategy,
    deploymentController: row.deploymentController,
    createdBy: row.createdBy,
    enableECSManagedTags: row.enableECSManagedTags,
    propagateTags: row.propagateTags,
    enableExecuteCommand: row.enableExecuteCommand,
    availabilityZoneRebalancing: row.availabilityZoneRebalancing,
    tags: include.has('TAGS') && row.tags.length > 0 ? [...row.tags] : undefined,
  });
}

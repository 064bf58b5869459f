import type { ServiceDeployment, ServiceDeploymentBrief, ServiceRevision } from '@aws-sdk/client-ecs';
import {
  countServiceDeployment,
  isOngoing,
  type ServiceDeploymentRow,
  type ServiceRevisionRow,
} from '#model/service-deployment.ts';
import type { View } from '#store/store.ts';
import { services } from '#store/tables/ecs.ts';
import { taskCount } from '../service-deployments.ts';
import { compact } from '../validate/check.ts';

const date = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms));

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeploymentBrief.html */
export function viewServiceDeploymentBrief(row: ServiceDeploymentRow): ServiceDeploymentBrief {
  return compact({
    serviceDeploymentArn: row.arn,
    serviceArn: row.serviceArn,
    clusterArn: row.clusterArn,
    startedAt: date(row.startedAt),
    createdAt: date(row.createdAt),
    finishedAt: date(row.finishedAt),
    targetServiceRevisionArn: row.target.arn,
    status: row.status,
    statusReason: row.statusReason,
  });
}

function breakerStatus(row: ServiceDeploymentRow) {
  if (!row.deploymentConfiguration.deploymentCircuitBreaker?.enable) return 'DISABLED';
  if (row.tripped) return 'TRIGGERED';
  return isOngoing(row) ? 'MONITORING' : 'MONITORING_COMPLETE';
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeployment.html */
export function viewServiceDeployment(view: View, row: ServiceDeploymentRow): ServiceDeployment {
  const counts = row.outcome ?? countServiceDeployment(row, view.get(services, row.serviceArn), taskCount(view));
  return compact({
    serviceDeploymentArn: row.arn,
    serviceArn: row.serviceArn,
    clusterArn: row.clusterArn,
    createdAt: date(row.createdAt),
    startedAt: date(row.startedAt),
    finishedAt: date(row.finishedAt),
    stoppedAt: date(row.stoppedAt),
    updatedAt: date(row.updatedAt),
    sourceServiceRevisions: [...counts.sources],
    targetServiceRevision: counts.target,
    status: row.status,
    statusReason: row.statusReason,
    deploymentConfiguration: row.deploymentConfiguration,
    rollback: row.rollback && { ...row.rollback, startedAt: new Date(row.rollback.startedAt) },
    deploymentCircuitBreaker: {
      status: breakerStatus(row),
      failureCount: counts.failureCount,
      threshold: counts.threshold,
    },
    alarms: { status: 'DISABLED' },
  });
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceRevision.html */
export function viewServiceRevision(row: ServiceRevisionRow): ServiceRevision {
  return compact({
    serviceRevisionArn: row.arn,
    serviceArn: row.serviceArn,
    clusterArn: row.clusterArn,
    taskDefinition: row.taskDefinitionArn,
    capacityProviderStrategy: row.capacityProviderStrategy && [...row.capacityProviderStrategy],
    launchType: row.launchType,
    platformVersion: row.platformVersion,
    platformFamily: row.platformFamily,
    loadBalancers: row.loadBalancers.length > 0 ? [...row.loadBalancers] : undefined,
    serviceRegistries: row.serviceRegistries.length > 0 ? [...row.serviceRegistries] : undefined,
    networkConfiguration: row.networkConfiguration,
    containerImages: row.containerImages.map((image) => ({ ...image })),
    guardDutyEnabled: false,
    serviceConnectConfiguration: row.serviceConnectConfiguration ?? { enabled: false },
    volumeConfigurations: row.volumeConfigurations && [...row.volumeConfigurations],
    vpcLatticeConfigurations: row.vpcLatticeConfigurations && [...row.vpcLatticeConfigurations],
    createdAt: new Date(row.createdAt),
  });
}

/** Rows for the tests of this folder. */
import { clusterArn, containerArn, containerInstanceArn, serviceArn, taskArn, taskDefinitionArn } from '#model/arn.ts';
import type { DeploymentRow, ServiceRow, TaskRow } from '#model/rows.ts';

const scope = { account: '000000000000', region: 'us-east-1' };

export function sampleDeployment(id: string, change: Partial<DeploymentRow> = {}): DeploymentRow {
  return {
    id,
    status: 'PRIMARY',
    taskDefinitionArn: taskDefinitionArn(scope, 'web', 1),
    desiredCount: 2,
    failedTasks: 0,
    failuresInARow: 0,
    createdAt: 0,
    updatedAt: 0,
    rolloutState: 'IN_PROGRESS',
    rolloutStateReason: `ECS deployment ${id} in progress.`,
    ...change,
  };
}

export function sampleService(change: Partial<ServiceRow> = {}): ServiceRow {
  return {
    ...scope,
    arn: serviceArn(scope, 'c', 'web'),
    clusterArn: clusterArn(scope, 'c'),
    name: 'web',
    status: 'ACTIVE',
    schedulingStrategy: 'REPLICA',
    deploymentController: { type: 'ECS' },
    desiredCount: 2,
    taskDefinitionArn: taskDefinitionArn(scope, 'web', 1),
    launchType: 'EC2',
    loadBalancers: [],
    serviceRegistries: [],
    deploymentConfiguration: { minimumHealthyPercent: 100, maximumPercent: 200 },
    deployments: [sampleDeployment('ecs-svc/1')],
    placementConstraints: [],
    placementStrategy: [],
    enableECSManagedTags: false,
    propagateTags: 'NONE',
    enableExecuteCommand: false,
    availabilityZoneRebalancing: 'DISABLED',
    createdAt: 0,
    createdBy: 'arn:aws:iam::000000000000:root',
    tags: [],
    ...change,
  };
}

export function sampleTask(id: string, change: Partial<TaskRow> = {}, healthChecked = false): TaskRow {
  return {
    ...scope,
    arn: taskArn(scope, 'c', id),
    clusterArn: clusterArn(scope, 'c'),
    taskDefinitionArn: taskDefinitionArn(scope, 'web', 1),
    containerInstanceArn: containerInstanceArn(scope, 'c', 'i1'),
    serviceArn: serviceArn(scope, 'c', 'web'),
    deploymentId: 'ecs-svc/1',
    group: 'service:web',
    launchType: 'EC2',
    desiredStatus: 'RUNNING',
    lastStatus: 'PENDING',
    healthStatus: 'UNKNOWN',
    containers: [
      {
        arn: containerArn(scope, 'c', id, 'x'),
        name: 'app',
        image: 'app',
        essential: true,
        healthChecked,
        lastStatus: 'PENDING',
        healthStatus: 'UNKNOWN',
        networkBindings: [],
        networkInterfaces: [],
        cpu: '0',
      },
    ],
    overrides: {},
    attachments: [],
    attributes: [],
    reservation: { cpuUnits: 0, memoryMiB: 0, ports: [], gpuCount: 0 },
    enableExecuteCommand: false,
    createdAt: 0,
    version: 1,
    tags: [],
    ...change,
  };
}

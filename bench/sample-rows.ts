/** Rows as a busy cluster holds them, numbered, for benchmarks. */
import { clusterArn, containerArn, containerInstanceArn, serviceArn, taskArn, taskDefinitionArn } from '#model/arn.ts';
import type { TaskRow } from '#model/rows.ts';

const scope = { account: '000000000000', region: 'us-east-1' };

/** A running service task with one container; task `n` of the hundredth service and instance. */
export function sampleTask(n: number): TaskRow {
  const id = n.toString(16).padStart(32, '0');
  const service = `service-${n % 100}`;
  const createdAt = Date.UTC(2026, 0, 1) + n;
  return {
    ...scope,
    arn: taskArn(scope, 'bench', id),
    clusterArn: clusterArn(scope, 'bench'),
    taskDefinitionArn: taskDefinitionArn(scope, 'bench', 1),
    containerInstanceArn: containerInstanceArn(scope, 'bench', (n % 100).toString(16).padStart(32, '0')),
    serviceArn: serviceArn(scope, 'bench', service),
    deploymentId: `ecs-svc/${1_000_000_000_000_000 + (n % 100)}`,
    group: `service:${service}`,
    startedBy: `ecs-svc/${1_000_000_000_000_000 + (n % 100)}`,
    launchType: 'EC2',
    desiredStatus: 'RUNNING',
    lastStatus: 'RUNNING',
    healthStatus: 'UNKNOWN',
    connectivity: 'CONNECTED',
    connectivityAt: createdAt + 900,
    availabilityZone: 'us-east-1a',
    cpu: '128',
    memory: '128',
    containers: [
      {
        arn: containerArn(scope, 'bench', id, '00000000-0000-4000-8000-000000000000'),
        name: 'app',
        image: 'registry.example/app:1',
        runtimeId: id + id,
        essential: true,
        healthChecked: false,
        lastStatus: 'RUNNING',
        healthStatus: 'UNKNOWN',
        networkBindings: [{ bindIP: '0.0.0.0', containerPort: 8080, hostPort: 32768 + (n % 20000), protocol: 'tcp' }],
        networkInterfaces: [],
        cpu: '128',
        memory: '128',
      },
    ],
    overrides: { containerOverrides: [{ name: 'app' }], inferenceAcceleratorOverrides: [] },
    attachments: [],
    attributes: [],
    reservation: { cpuUnits: 128, memoryMiB: 128, ports: [], gpuCount: 0 },
    enableExecuteCommand: false,
    createdAt,
    pullStartedAt: createdAt + 200,
    pullStoppedAt: createdAt + 600,
    startedAt: createdAt + 900,
    version: 3,
    tags: [],
  };
}

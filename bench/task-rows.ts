/** Realistic rows for measurements: tasks of services spread over container instances. */
import { hexId, uuid } from '#lib/ids.ts';
import { seededRandom } from '#lib/random.ts';
import { clusterArn, containerArn, containerInstanceArn, serviceArn, taskArn, taskDefinitionArn } from '#model/arn.ts';
import type { TaskRow } from '#model/rows.ts';

const scope = { account: '123456789012', region: 'eu-central-1' };
const cluster = clusterArn(scope, 'default');

/** Calls make tasks one after the other: 1,000 to a service, round robin over `instanceCount` instances. */
export function taskMaker(seed: number, instanceCount = 10_000): () => TaskRow {
  const random = seededRandom(seed);
  const instances = Array.from({ length: instanceCount }, () => containerInstanceArn(scope, 'default', hexId(random)));
  let made = 0;
  return () => {
    const number = made++;
    const service = `service-${Math.floor(number / 1000)}`;
    const id = hexId(random);
    const nowMs = Date.UTC(2026, 0, 1) + number;
    return {
      ...scope,
      arn: taskArn(scope, 'default', id),
      clusterArn: cluster,
      taskDefinitionArn: taskDefinitionArn(scope, service, 1),
      containerInstanceArn: instances[number % instanceCount]!,
      serviceArn: serviceArn(scope, 'default', service),
      deploymentId: `ecs-svc/${1_000_000_000_000 + Math.floor(number / 1000)}`,
      group: `service:${service}`,
      startedBy: `ecs-svc/${1_000_000_000_000 + Math.floor(number / 1000)}`,
      launchType: 'EC2',
      desiredStatus: 'RUNNING',
      lastStatus: 'PENDING',
      healthStatus: 'UNKNOWN',
      availabilityZone: 'eu-central-1a',
      cpu: '128',
      memory: '256',
      containers: [
        {
          arn: containerArn(scope, 'default', id, uuid(random)),
          name: 'web',
          image: 'registry.example.com/team/web:1.2.3',
          essential: true,
          healthChecked: false,
          lastStatus: 'PENDING',
          healthStatus: 'UNKNOWN',
          networkBindings: [],
          networkInterfaces: [],
          cpu: '128',
          memory: '256',
        },
      ],
      overrides: { containerOverrides: [{ name: 'web' }] },
      attachments: [],
      attributes: [{ name: 'ecs.cpu-architecture', value: 'x86_64' }],
      reservation: { cpuUnits: 128, memoryMiB: 256, ports: [], gpuCount: 0 },
      enableExecuteCommand: false,
      createdAt: nowMs,
      version: 1,
      tags: [],
    };
  };
}

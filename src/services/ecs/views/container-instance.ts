import type { ContainerInstance, ContainerInstanceField, Resource } from '@aws-sdk/client-ecs';
import type { ContainerInstanceRow } from '#model/rows.ts';
import type { View } from '#store/store.ts';
import { tasks } from '#store/tables/ecs.ts';

interface Used {
  readonly tcp: ReadonlySet<string>;
  readonly udp: ReadonlySet<string>;
  readonly gpuIds: ReadonlySet<string>;
}

function portsOf(range: string | undefined): string[] {
  const [first, last] = (range ?? '').split('-').map(Number);
  if (!first || !last || last < first) return [];
  return Array.from({ length: last - first + 1 }, (_, i) => String(first + i));
}

/** Ports (fixed ones from birth, dynamic ones as reported) and GPUs that the instance's live tasks hold. */
function usedBy(view: View, row: ContainerInstanceRow): Used {
  const tcp = new Set<string>();
  const udp = new Set<string>();
  const gpuIds = new Set<string>();
  for (const task of view.find(tasks, 'liveByContainerInstance', row.arn)) {
    for (const port of task.reservation.ports) (port.protocol === 'udp' ? udp : tcp).add(String(port.hostPort));
    for (const container of task.containers) {
      for (const id of container.gpuIds ?? []) gpuIds.add(id);
      for (const binding of container.networkBindings) {
        const into = binding.protocol === 'udp' ? udp : tcp;
        if (binding.hostPort) into.add(String(binding.hostPort));
        for (const port of portsOf(binding.hostPortRange)) into.add(port);
      }
    }
  }
  return { tcp, udp, gpuIds };
}

/** What is left: numbers go down; PORTS and PORTS_UDP list what is taken, GPU what is free. */
function remainingResources(view: View, row: ContainerInstanceRow): Resource[] {
  const sums = view.sum(tasks, 'byContainerInstance', row.arn);
  const used = usedBy(view, row);
  const taken = (set: readonly string[] | undefined, more: ReadonlySet<string>) => [
    ...new Set([...(set ?? []), ...more]),
  ];
  return row.registeredResources.map((resource) => {
    const { stringSetValue: set, integerValue = 0 } = resource;
    switch (resource.name) {
      case 'CPU':
        return { ...resource, integerValue: integerValue - sums['cpuUnits']! };
      case 'MEMORY':
        return { ...resource, integerValue: integerValue - sums['memoryMiB']! };
      case 'PORTS':
        return { ...resource, stringSetValue: taken(set, used.tcp) };
      case 'PORTS_UDP':
        return { ...resource, stringSetValue: taken(set, used.udp) };
      case 'GPU':
        return { ...resource, stringSetValue: (set ?? []).filter((id) => !used.gpuIds.has(id)) };
      default:
        return resource;
    }
  });
}

function healthOf(row: ContainerInstanceRow): ContainerInstance['healthStatus'] {
  const status = row.containerRuntimeStatus ?? 'INSUFFICIENT_DATA';
  if (row.containerRuntimeStatusAt === undefined) return { overallStatus: status, details: [] };
  return {
    overallStatus: status,
    details: [
      {
        type: 'CONTAINER_RUNTIME',
        status,
        lastUpdated: new Date(row.containerRuntimeStatusAt),
        lastStatusChange: new Date(row.containerRuntimeStatusChangedAt ?? row.containerRuntimeStatusAt),
      },
    ],
  };
}

/**
 * A container instance on the wire. Tags and health are answered when `include` names them.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerInstance.html
 */
export function viewContainerInstance(
  view: View,
  row: ContainerInstanceRow,
  include: ReadonlySet<ContainerInstanceField> = new Set(),
): ContainerInstance {
  const sums = view.sum(tasks, 'byContainerInstance', row.arn);
  return {
    containerInstanceArn: row.arn,
    ec2InstanceId: row.ec2InstanceId,
    version: row.version,
    versionInfo: { ...row.versionInfo },
    remainingResources: remainingResources(view, row),
    registeredResources: [...row.registeredResources],
    status: row.status,
    agentConnected: row.agentConnected,
    runningTasksCount: sums['running']!,
    pendingTasksCount: sums['pending']!,
    attributes: [...row.attributes],
    registeredAt: new Date(row.registeredAt),
    attachments: [...row.attachments],
    tags: include.has('TAGS') ? [...row.tags] : [],
    ...(row.statusReason !== undefined && { statusReason: row.statusReason }),
    ...(row.capacityProviderName !== undefined && { capacityProviderName: row.capacityProviderName }),
    ...(include.has('CONTAINER_INSTANCE_HEALTH') && { healthStatus: healthOf(row) }),
  };
}

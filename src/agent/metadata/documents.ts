/**
 * The documents of the task metadata endpoint, versions 2 to 4. Members without a value are left out.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-response.html
 */
import type { ContainerView, TaskView } from '../task-engine/running-tasks.ts';

const time = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());

/** Drops undefined members, empty texts and empty lists. */
function compact<T extends Record<string, unknown>>(document: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(document).filter(
      ([, value]) => value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0),
    ),
  ) as Partial<T>;
}

const health = (container: ContainerView) =>
  container.health &&
  compact({
    status: container.health.status,
    statusSince: time(container.health.sinceMs),
    exitCode: container.health.exitCode,
    output: container.health.output,
  });

export function containerDocument(container: ContainerView, version: 2 | 3 | 4): object {
  return compact({
    DockerId: container.runtimeId,
    Name: container.name,
    DockerName: container.runtimeName,
    Image: container.image,
    ImageID: container.imageId,
    Ports: container.networkBindings
      .filter((binding) => binding.containerPort !== undefined)
      .map((binding) =>
        compact({
          ContainerPort: binding.containerPort,
          Protocol: binding.protocol,
          HostPort: binding.hostPort,
          HostIp: version === 4 ? binding.bindIP : undefined,
        }),
      ),
    Labels: Object.keys(container.labels).length > 0 ? container.labels : undefined,
    DesiredStatus: container.desiredStatus,
    KnownStatus: container.knownStatus,
    ExitCode: container.exitCode,
    Limits: { CPU: container.cpuUnits, Memory: container.memoryMiB },
    CreatedAt: time(container.createdAtMs),
    StartedAt: time(container.startedAtMs),
    FinishedAt: time(container.finishedAtMs),
    Type: 'NORMAL',
    Networks: container.networks.map((network) =>
      compact({
        NetworkMode: network.networkMode,
        IPv4Addresses: network.ipv4Addresses,
        IPv6Addresses: network.ipv6Addresses,
      }),
    ),
    Health: health(container),
    Volumes: container.mounts.map((mount) =>
      compact({ DockerName: mount.name, Source: mount.source, Destination: mount.destination }),
    ),
    LogDriver: container.logDriver,
    LogOptions: Object.keys(container.logOptions).length > 0 ? container.logOptions : undefined,
    ContainerARN: container.containerArn,
    RestartCount: version === 4 && container.restartPolicyEnabled ? container.restartCount : undefined,
  });
}

/** `cluster` as the agent is configured. Containers that do not exist on the engine yet are not listed. */
export function taskDocument(task: TaskView, cluster: string, version: 2 | 3 | 4): object {
  return compact({
    Cluster: cluster,
    TaskARN: task.arn,
    Family: task.family,
    Revision: task.version,
    DesiredStatus: task.desiredStatus,
    KnownStatus: task.knownStatus,
    Limits:
      task.cpu === undefined && task.memoryMiB === undefined
        ? undefined
        : compact({ CPU: task.cpu, Memory: task.memoryMiB }),
    PullStartedAt: time(task.pullStartedAtMs),
    PullStoppedAt: time(task.pullStoppedAtMs),
    ExecutionStoppedAt: time(task.executionStoppedAtMs),
    LaunchType: task.launchType,
    Containers: task.containers
      .filter((container) => container.runtimeId !== undefined)
      .map((container) => containerDocument(container, version)),
    ServiceName: version === 4 ? task.serviceName : undefined,
    Group: version === 4 ? task.group : undefined,
    FaultInjectionEnabled: version === 4 ? false : undefined,
  });
}

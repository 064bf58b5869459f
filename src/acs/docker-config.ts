/**
 * The parts of a container definition that travel as JSON text of Docker's own structures: `Config` and `HostConfig` of
 * the Engine API. A key that is present overrides what the agent builds, so only what the definition says goes in.
 * Durations go from seconds to nanoseconds, sizes from MiB to bytes.
 * https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerCreate
 */
import type { ContainerDefinition, HealthCheck, LinuxParameters } from '@aws-sdk/client-ecs';
import type { NetworkMode } from '#model/rows.ts';

type Fields = Readonly<Record<string, unknown>>;

const MIB = 1024 * 1024;
const NANOSECONDS = 1_000_000_000;

const nonEmpty = (value: unknown): boolean => {
  if (value === undefined || value === null || value === '') return false;
  if (Array.isArray(value)) return value.length > 0;
  return typeof value !== 'object' || Object.keys(value).length > 0;
};

/** Drops what is absent or empty, so that nothing overrides by accident. */
function present(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => nonEmpty(value)));
}

const onlyTrue = (flag: boolean | undefined): true | undefined => (flag ? true : undefined);
const seconds = (value: number | undefined): number | undefined => (value ? value * NANOSECONDS : undefined);
const bytes = (mebibytes: number | undefined): number | undefined =>
  mebibytes === undefined ? undefined : mebibytes * MIB;

/** ECS's defaults are 30 s, 5 s and 3 tries. */
function healthcheck(check: HealthCheck): Fields {
  return present({
    Test: check.command,
    Interval: seconds(check.interval ?? 30),
    Timeout: seconds(check.timeout ?? 5),
    Retries: check.retries ?? 3,
    StartPeriod: seconds(check.startPeriod),
  });
}

/** Docker's `Config`; undefined when the definition asks for none of it. */
export function containerConfig(definition: ContainerDefinition): Fields | undefined {
  const config = present({
    User: definition.user,
    WorkingDir: definition.workingDirectory,
    Hostname: definition.hostname,
    Tty: onlyTrue(definition.pseudoTerminal),
    OpenStdin: onlyTrue(definition.interactive),
    NetworkDisabled: onlyTrue(definition.disableNetworking),
    Labels: definition.dockerLabels,
    Healthcheck: definition.healthCheck && healthcheck(definition.healthCheck),
  });
  return Object.keys(config).length > 0 ? config : undefined;
}

const permissionLetters: Readonly<Record<string, string>> = { read: 'r', write: 'w', mknod: 'm' };

function devices(linux: LinuxParameters): Fields[] {
  return (linux.devices ?? []).map((device) => ({
    PathOnHost: device.hostPath,
    PathInContainer: device.containerPath ?? device.hostPath,
    CgroupPermissions: (device.permissions?.length ? device.permissions : ['read', 'write', 'mknod'])
      .map((permission) => permissionLetters[permission])
      .join(''),
  }));
}

function tmpfs(linux: LinuxParameters): Fields {
  return Object.fromEntries(
    (linux.tmpfs ?? []).map((mount) => [
      mount.containerPath!,
      [...(mount.mountOptions ?? []), `size=${mount.size}m`].join(','),
    ]),
  );
}

/**
 * Docker counts swap as memory plus swap. Without maxSwap the instance's own setting holds, and swappiness is not used.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LinuxParameters.html
 */
function swap(linux: LinuxParameters, memoryMiB: number): Fields {
  if (linux.maxSwap === undefined || memoryMiB === 0) return {};
  return { MemorySwap: (memoryMiB + linux.maxSwap) * MIB, MemorySwappiness: linux.swappiness };
}

export interface LogOptions {
  readonly taskId: string;
  readonly region: string;
}

/**
 * The stream of awslogs is `prefix/container/task id`; Docker's driver takes its name, not the prefix. Without a prefix
 * the driver names the stream after the container's id.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specify-log-config.html
 */
function logConfig(definition: ContainerDefinition, log: LogOptions): Fields | undefined {
  const { logConfiguration } = definition;
  if (!logConfiguration?.logDriver) return undefined;
  if (logConfiguration.logDriver !== 'awslogs') {
    return { Type: logConfiguration.logDriver, Config: { ...logConfiguration.options } };
  }
  const { 'awslogs-stream-prefix': prefix, ...options } = logConfiguration.options ?? {};
  return {
    Type: 'awslogs',
    Config: {
      'awslogs-region': log.region,
      ...options,
      ...(prefix && { 'awslogs-stream': `${prefix}/${definition.name}/${log.taskId}` }),
    },
  };
}

/** Docker's `HostConfig`. `memoryMiB` and `memoryReservationMiB` are the container's after overrides; 0 is none. */
export function hostConfig(
  definition: ContainerDefinition,
  sizes: { readonly memoryMiB: number; readonly memoryReservationMiB: number },
  networkMode: NetworkMode,
  log: LogOptions,
): Fields {
  const linux = definition.linuxParameters ?? {};
  return present({
    NetworkMode: networkMode === 'awsvpc' ? undefined : networkMode,
    LogConfig: logConfig(definition, log),
    Privileged: onlyTrue(definition.privileged),
    ReadonlyRootfs: onlyTrue(definition.readonlyRootFilesystem),
    CapAdd: linux.capabilities?.add,
    CapDrop: linux.capabilities?.drop,
    Devices: devices(linux),
    Init: onlyTrue(linux.initProcessEnabled),
    ShmSize: bytes(linux.sharedMemorySize),
    Tmpfs: tmpfs(linux),
    ...swap(linux, sizes.memoryMiB),
    MemoryReservation: sizes.memoryReservationMiB > 0 ? bytes(sizes.memoryReservationMiB) : undefined,
    Ulimits: (definition.ulimits ?? []).map((limit) => ({
      Name: limit.name,
      Soft: limit.softLimit,
      Hard: limit.hardLimit,
    })),
    Dns: definition.dnsServers,
    DnsSearch: definition.dnsSearchDomains,
    ExtraHosts: (definition.extraHosts ?? []).map((host) => `${host.hostname}:${host.ipAddress}`),
    SecurityOpt: definition.dockerSecurityOptions,
    Sysctls: Object.fromEntries((definition.systemControls ?? []).map((one) => [one.namespace!, one.value!])),
  });
}

import type {
  ContainerInspection,
  ContainerNetwork,
  ContainerPort,
  ContainerState,
  EngineEvent,
  NetworkCounters,
  StatsSample,
} from './engine.ts';

/** The Docker Engine API's documents, as far as they are read here, and their translation into the engine's shapes. */
export interface DockerContainer {
  Id: string;
  Name: string;
  Image: string;
  Created: string;
  LogPath: string;
  State: {
    Status: ContainerState | 'removing';
    Pid: number;
    ExitCode: number;
    OOMKilled: boolean;
    Error: string;
    StartedAt: string;
    FinishedAt: string;
    Health?: {
      Status: string;
      FailingStreak: number;
      Log?: { End: string; ExitCode: number; Output: string }[] | null;
    };
  };
  Config: { Image: string; Labels: Record<string, string> | null; Tty: boolean };
  HostConfig: { NetworkMode: string; LogConfig: { Type: string; Config: Record<string, string> | null } };
  Mounts: { Type: string; Name?: string; Source: string; Destination: string; Driver?: string; RW: boolean }[] | null;
  NetworkSettings: {
    Ports?: Record<string, { HostIp: string; HostPort: string }[] | null> | null;
    Networks: Record<
      string,
      { IPAddress: string; IPPrefixLen: number; Gateway: string; GlobalIPv6Address: string; MacAddress: string }
    > | null;
  };
}

/** Docker's "never" is the year 1. */
export function timeMs(text: string | undefined): number | undefined {
  if (!text || text.startsWith('0001-')) return undefined;
  const parsed = Date.parse(text);
  return Number.isNaN(parsed) ? undefined : parsed;
}

function toNetworks(networks: DockerContainer['NetworkSettings']['Networks']): ContainerNetwork[] {
  return Object.entries(networks ?? {}).map(([name, network]) => ({
    name,
    ...(network.IPAddress ? { ipv4Address: network.IPAddress, ipv4PrefixLength: network.IPPrefixLen } : {}),
    ...(network.Gateway ? { ipv4Gateway: network.Gateway } : {}),
    ...(network.GlobalIPv6Address ? { ipv6Address: network.GlobalIPv6Address } : {}),
    ...(network.MacAddress ? { macAddress: network.MacAddress } : {}),
  }));
}

function toPorts(ports: DockerContainer['NetworkSettings']['Ports']): ContainerPort[] {
  return Object.entries(ports ?? {}).flatMap(([key, bindings]) => {
    const [port, protocol = 'tcp'] = key.split('/');
    const base = { containerPort: Number(port), protocol: protocol as ContainerPort['protocol'] };
    if (!bindings?.length) return [base];
    return bindings.map((binding) => ({ ...base, hostIp: binding.HostIp, hostPort: Number(binding.HostPort) }));
  });
}

function toHealth(health: NonNullable<DockerContainer['State']['Health']>): ContainerInspection['health'] {
  const last = health.Log?.at(-1);
  const lastProbeAtMs = timeMs(last?.End);
  return {
    status: health.Status === 'healthy' || health.Status === 'unhealthy' ? health.Status : 'starting',
    failingStreak: health.FailingStreak,
    ...(lastProbeAtMs === undefined ? {} : { lastProbeAtMs }),
    ...(last ? { lastExitCode: last.ExitCode, lastOutput: last.Output } : {}),
  };
}

export function toInspection(document: DockerContainer): ContainerInspection {
  const { State: state } = document;
  const health = state.Health && state.Health.Status !== 'none' ? toHealth(state.Health) : undefined;
  const startedAtMs = timeMs(state.StartedAt);
  const finishedAtMs = timeMs(state.FinishedAt);
  return {
    containerId: document.Id,
    name: document.Name.replace(/^\//, ''),
    image: document.Config.Image,
    imageId: document.Image,
    labels: document.Config.Labels ?? {},
    state: state.Status === 'removing' ? 'dead' : state.Status,
    pid: state.Pid,
    exitCode: state.ExitCode,
    oomKilled: state.OOMKilled,
    error: state.Error,
    createdAtMs: timeMs(document.Created) ?? 0,
    ...(startedAtMs === undefined ? {} : { startedAtMs }),
    ...(finishedAtMs === undefined ? {} : { finishedAtMs }),
    ...(health ? { health } : {}),
    networkMode: document.HostConfig.NetworkMode,
    networks: toNetworks(document.NetworkSettings.Networks),
    ports: toPorts(document.NetworkSettings.Ports),
    mounts: (document.Mounts ?? []).map((mount) => ({
      type: mount.Type,
      ...(mount.Name ? { name: mount.Name } : {}),
      source: mount.Source,
      destination: mount.Destination,
      ...(mount.Driver ? { driver: mount.Driver } : {}),
      readOnly: !mount.RW,
    })),
    logDriver: document.HostConfig.LogConfig.Type,
    logOptions: document.HostConfig.LogConfig.Config ?? {},
    ...(document.LogPath ? { logPath: document.LogPath } : {}),
  };
}

export interface DockerEvent {
  Type: string;
  Action: string;
  Actor: { ID: string; Attributes: Record<string, string> };
  timeNano: number;
}

export function toEvent(event: DockerEvent): EngineEvent | undefined {
  const attributes = event.Actor.Attributes ?? {};
  const base = { containerId: event.Actor.ID, labels: attributes, atMs: Math.floor(event.timeNano / 1e6) };
  if (event.Action.startsWith('health_status')) {
    const status = event.Action.slice('health_status:'.length).trim();
    return status === 'healthy' || status === 'unhealthy' || status === 'starting'
      ? { ...base, type: 'health', status }
      : undefined;
  }
  switch (event.Action) {
    case 'start':
    case 'oom':
    case 'destroy':
      return { ...base, type: event.Action };
    case 'die':
      return { ...base, type: 'die', exitCode: Number(attributes['exitCode'] ?? 0) };
    default:
      return undefined;
  }
}

export interface DockerStats {
  read: string;
  cpu_stats: { cpu_usage: { total_usage: number }; system_cpu_usage?: number; online_cpus?: number };
  memory_stats: { usage?: number; limit?: number; stats?: Record<string, number> };
  networks?: Record<string, Record<string, number>>;
  blkio_stats?: { io_service_bytes_recursive?: { op: string; value: number }[] | null };
  pids_stats?: { current?: number };
}

const toCounters = (counters: Record<string, number>): NetworkCounters => ({
  rxBytes: counters['rx_bytes'] ?? 0,
  rxPackets: counters['rx_packets'] ?? 0,
  rxErrors: counters['rx_errors'] ?? 0,
  rxDropped: counters['rx_dropped'] ?? 0,
  txBytes: counters['tx_bytes'] ?? 0,
  txPackets: counters['tx_packets'] ?? 0,
  txErrors: counters['tx_errors'] ?? 0,
  txDropped: counters['tx_dropped'] ?? 0,
});

/** `undefined` for the empty document that Docker gives for a container that does not run. */
export function toSample(document: DockerStats): StatsSample | undefined {
  const atMs = timeMs(document.read);
  if (atMs === undefined) return undefined;
  const memory = document.memory_stats;
  const cache = memory.stats?.['total_inactive_file'] ?? memory.stats?.['inactive_file'] ?? 0;
  const blocks = (operation: string) =>
    (document.blkio_stats?.io_service_bytes_recursive ?? [])
      .filter((entry) => entry.op.toLowerCase() === operation)
      .reduce((sum, entry) => sum + entry.value, 0);
  const systemCpuNs = document.cpu_stats.system_cpu_usage;
  return {
    atMs,
    cpuTotalNs: document.cpu_stats.cpu_usage.total_usage,
    ...(systemCpuNs === undefined ? {} : { systemCpuNs }),
    onlineCpus: document.cpu_stats.online_cpus ?? 1,
    memoryUsageBytes: Math.max(0, (memory.usage ?? 0) - cache),
    memoryLimitBytes: memory.limit ?? 0,
    networks: Object.fromEntries(
      Object.entries(document.networks ?? {}).map(([name, counters]) => [name, toCounters(counters)]),
    ),
    blockReadBytes: blocks('read'),
    blockWriteBytes: blocks('write'),
    pids: document.pids_stats?.current ?? 0,
    document,
  };
}

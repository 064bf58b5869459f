/**
 * What the agent asks of a container engine. The task engine, log shipping, metadata and stats know only this file;
 * `docker.ts` speaks to a Docker daemon, `simulated.ts` keeps everything in memory, and an OCI runtime can follow.
 *
 * - The shapes of a container's configuration use the Docker Engine API's member names, because ECS's own agent
 *   protocol carries them as such (`dockerConfig`). An engine that cannot honour a member refuses the container with
 *   `EngineError` kind `unsupported`; it never drops one silently.
 * - Every method may be called at any time and concurrently. Failures are always `EngineError`s; `kind` says what the
 *   caller can do about it, `message` is the engine's own words.
 * - Nothing here retries. Time-outs are the caller's (`signal`), except the grace period of `stopContainer`.
 * - Times are epoch milliseconds unless the name says otherwise.
 */

export const engineErrorKinds = [
  /** The engine does not answer: connection refused, socket gone, cut in the middle. Try again later. */
  'unreachable',
  /** The container, image or volume does not exist. */
  'not-found',
  /** The name is taken, or the object's state does not allow the call. */
  'conflict',
  /** The request itself is wrong and will never succeed as it is. */
  'invalid',
  /** The registry refused the credentials or denied the pull. */
  'denied',
  /** This engine cannot do what was asked. */
  'unsupported',
  /** The caller's signal aborted the call. */
  'aborted',
  /** Everything else: the engine tried and failed. */
  'failed',
] as const;
export type EngineErrorKind = (typeof engineErrorKinds)[number];

export class EngineError extends Error {
  readonly kind: EngineErrorKind;
  constructor(kind: EngineErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EngineError';
    this.kind = kind;
  }
}

export const isEngineError = (error: unknown, kind?: EngineErrorKind): error is EngineError =>
  error instanceof EngineError && (kind === undefined || error.kind === kind);

export interface EngineVersion {
  /** `Docker`, `simulated`, ... */
  readonly name: string;
  /** The engine's version, e.g. `20.10.24+dfsg1`. */
  readonly version: string;
  /** Newest and oldest Docker API version it answers, e.g. `1.41` and `1.12`. */
  readonly apiVersion: string;
  readonly minApiVersion: string;
}

export interface EngineInfo {
  readonly cpus: number;
  readonly memoryBytes: number;
  /** `x86_64`, `aarch64`, ... as the kernel names it. */
  readonly architecture: string;
  readonly operatingSystem: string;
  readonly cgroupDriver: 'cgroupfs' | 'systemd' | 'none';
  readonly cgroupVersion: 1 | 2;
  readonly loggingDrivers: readonly string[];
  readonly volumeDrivers: readonly string[];
  readonly securityOptions: readonly string[];
  /** The host's address on the default bridge, as containers in bridge mode see it (e.g. `172.17.0.1`). */
  readonly bridgeGateway?: string;
  readonly rootDirectory?: string;
}

export interface RegistryAuth {
  readonly username: string;
  readonly password: string;
  readonly serverAddress?: string;
}

export interface ImageInspection {
  /** `sha256:…` of the image's configuration. */
  readonly imageId: string;
  readonly tags: readonly string[];
  /** `repository@sha256:…`, empty for an image that never was in a registry. */
  readonly repoDigests: readonly string[];
  readonly sizeBytes: number;
  readonly createdAtMs: number;
  readonly labels: Readonly<Record<string, string>>;
  /** The image's own `NAME=value` lines. */
  readonly environment: readonly string[];
}

export interface PortBinding {
  readonly HostIp?: string;
  readonly HostPort?: string;
}

/** Nanoseconds, as Docker has them. */
export interface HealthcheckConfig {
  readonly Test?: readonly string[];
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly Retries?: number;
}

/** The Docker Engine API's container `Config`; members not named here pass through to Docker. */
export interface ContainerConfig {
  readonly Image?: string;
  readonly Cmd?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Env?: readonly string[];
  readonly User?: string;
  readonly WorkingDir?: string;
  readonly Hostname?: string;
  readonly Domainname?: string;
  readonly Tty?: boolean;
  readonly OpenStdin?: boolean;
  readonly Labels?: Readonly<Record<string, string>>;
  /** Keys `80/tcp`. */
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  readonly Healthcheck?: HealthcheckConfig;
  readonly StopSignal?: string;
  readonly NetworkDisabled?: boolean;
  readonly Volumes?: Readonly<Record<string, object>>;
  readonly [other: string]: unknown;
}

/** The Docker Engine API's `HostConfig`; sizes in bytes. */
export interface HostConfig {
  readonly NetworkMode?: string;
  readonly Binds?: readonly string[];
  readonly VolumesFrom?: readonly string[];
  readonly Links?: readonly string[];
  readonly PortBindings?: Readonly<Record<string, readonly PortBinding[]>>;
  readonly Memory?: number;
  readonly MemoryReservation?: number;
  readonly CpuShares?: number;
  readonly CgroupParent?: string;
  readonly LogConfig?: { readonly Type: string; readonly Config?: Readonly<Record<string, string>> };
  readonly Privileged?: boolean;
  readonly [other: string]: unknown;
}

export interface ContainerSpec {
  /** Unique on the engine. */
  readonly name: string;
  readonly config: ContainerConfig;
  readonly hostConfig: HostConfig;
}

export const containerStates = ['created', 'running', 'paused', 'restarting', 'exited', 'dead'] as const;
export type ContainerState = (typeof containerStates)[number];

export interface ContainerHealth {
  readonly status: 'starting' | 'healthy' | 'unhealthy';
  readonly failingStreak: number;
  /** End of the last probe, if one has run. */
  readonly lastProbeAtMs?: number;
  readonly lastExitCode?: number;
  readonly lastOutput?: string;
}

export interface ContainerNetwork {
  readonly name: string;
  readonly ipv4Address?: string;
  readonly ipv4Gateway?: string;
  readonly ipv4PrefixLength?: number;
  readonly ipv6Address?: string;
  readonly macAddress?: string;
}

export interface ContainerPort {
  readonly containerPort: number;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  /** Absent while the port is only exposed. */
  readonly hostIp?: string;
  readonly hostPort?: number;
}

export interface ContainerMount {
  /** `bind`, `volume`, `tmpfs`, ... */
  readonly type: string;
  readonly name?: string;
  readonly source: string;
  readonly destination: string;
  readonly driver?: string;
  readonly readOnly: boolean;
}

export interface ContainerInspection {
  readonly containerId: string;
  /** Without Docker's leading slash. */
  readonly name: string;
  readonly image: string;
  readonly imageId: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: ContainerState;
  readonly pid: number;
  readonly exitCode: number;
  readonly oomKilled: boolean;
  /** The engine's own error of the last start, else empty. */
  readonly error: string;
  readonly createdAtMs: number;
  /** Absent while it never ran. */
  readonly startedAtMs?: number;
  readonly finishedAtMs?: number;
  readonly health?: ContainerHealth;
  readonly networkMode: string;
  readonly networks: readonly ContainerNetwork[];
  readonly ports: readonly ContainerPort[];
  readonly mounts: readonly ContainerMount[];
  readonly logDriver: string;
  readonly logOptions: Readonly<Record<string, string>>;
  /** The file the engine's json-file driver writes, if any. */
  readonly logPath?: string;
}

export interface ContainerSummary {
  readonly containerId: string;
  readonly name: string;
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: ContainerState;
}

export interface ListContainersOptions {
  /** All must match; an empty value matches any value of the label. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Include containers that do not run. Default true. */
  readonly all?: boolean;
}

export interface VolumeSpec {
  readonly name: string;
  /** Default `local`. */
  readonly driver?: string;
  readonly driverOpts?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface VolumeInspection {
  readonly name: string;
  readonly driver: string;
  readonly mountPoint: string;
  readonly labels: Readonly<Record<string, string>>;
}

interface EventBase {
  readonly containerId: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly atMs: number;
}
export type EngineEvent =
  | (EventBase & { readonly type: 'start' })
  /** `exitCode` is 128 + signal after a signal. */
  | (EventBase & { readonly type: 'die'; readonly exitCode: number })
  | (EventBase & { readonly type: 'oom' })
  | (EventBase & { readonly type: 'health'; readonly status: 'starting' | 'healthy' | 'unhealthy' })
  | (EventBase & { readonly type: 'destroy' });

export interface EventSubscription {
  /** Settles when the stream has ended: resolves after `close`, rejects with why it broke. Events may have been lost then. */
  readonly ended: Promise<void>;
  close(): void;
}

export interface LogLine {
  readonly stream: 'stdout' | 'stderr';
  /** Nanoseconds since the epoch, as the engine recorded the line. */
  readonly timestampNs: bigint;
  /** Without its line end; the bytes decoded as UTF-8. */
  readonly message: string;
  /** The line goes on in this stream's next one: engines split very long lines (Docker at 16 KiB). */
  readonly partial: boolean;
}

export interface FollowLogsOptions {
  /** Only lines with a timestamp at or after this. */
  readonly sinceNs?: bigint;
  /** Keep going until the container stops. Default true. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

export interface NetworkCounters {
  readonly rxBytes: number;
  readonly rxPackets: number;
  readonly rxErrors: number;
  readonly rxDropped: number;
  readonly txBytes: number;
  readonly txPackets: number;
  readonly txErrors: number;
  readonly txDropped: number;
}

/** Counters since the container started; differences of two samples give rates. */
export interface StatsSample {
  readonly atMs: number;
  readonly cpuTotalNs: number;
  /** CPU time of the whole host, all cores together. */
  readonly systemCpuNs?: number;
  readonly onlineCpus: number;
  /** Without the page cache that can be dropped, as `docker stats` shows it. */
  readonly memoryUsageBytes: number;
  readonly memoryLimitBytes: number;
  readonly networks: Readonly<Record<string, NetworkCounters>>;
  readonly blockReadBytes: number;
  readonly blockWriteBytes: number;
  readonly pids: number;
  /** The Docker Engine API's stats document, which the task metadata endpoint serves as it is. */
  readonly document: unknown;
}

export interface ContainerEngine {
  /** Resolves when the engine answers. */
  ping(signal?: AbortSignal): Promise<void>;
  version(): Promise<EngineVersion>;
  info(): Promise<EngineInfo>;

  /** Fetches an image (`repository[:tag][@digest]`, default tag `latest`). `not-found` or `denied` are the registry's. */
  pullImage(image: string, options?: { readonly auth?: RegistryAuth; readonly signal?: AbortSignal }): Promise<void>;
  inspectImage(image: string): Promise<ImageInspection>;
  /** `tag` (`repository:tag`) names the image from now on, whatever it named before. */
  tagImage(image: string, tag: string): Promise<void>;

  /** Makes a container without starting it. `not-found`: its image is missing; `conflict`: the name is taken. */
  createContainer(spec: ContainerSpec, signal?: AbortSignal): Promise<{ readonly containerId: string }>;
  /** No error when it already runs. */
  startContainer(container: string, signal?: AbortSignal): Promise<void>;
  /** Stop signal, then SIGKILL after `timeoutMs` (rounded up to seconds). Resolves when it has stopped; no error when it already had. */
  stopContainer(
    container: string,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<void>;
  /** Default SIGKILL. `conflict` when it does not run. */
  killContainer(container: string, signalName?: string): Promise<void>;
  /** Removes it with its anonymous volumes, killing it first if `force`. No error when it is gone. */
  removeContainer(container: string, options?: { readonly force?: boolean }): Promise<void>;
  inspectContainer(container: string): Promise<ContainerInspection>;
  listContainers(options?: ListContainersOptions): Promise<readonly ContainerSummary[]>;

  /** Idempotent by name for the same driver. */
  createVolume(spec: VolumeSpec): Promise<VolumeInspection>;
  inspectVolume(name: string): Promise<VolumeInspection>;
  /** No error when it is gone; `conflict` while a container uses it. */
  removeVolume(name: string): Promise<void>;

  /** Resolves when the subscription stands: changes after that moment are delivered. Events come in order. */
  watchEvents(onEvent: (event: EngineEvent) => void): Promise<EventSubscription>;
  /** Lines of both streams in the engine's order. Ends when the container has stopped (and all is read), or without `follow` at the end. */
  logs(container: string, options?: FollowLogsOptions): AsyncIterable<LogLine>;
  /** One sample, taken at once. `conflict` or `not-found` when it does not run. */
  statsOnce(container: string): Promise<StatsSample>;
  /** A sample about every second until the container stops or the signal aborts. */
  stats(container: string, signal?: AbortSignal): AsyncIterable<StatsSample>;

  /** Lets connections go. */
  close(): void;
}

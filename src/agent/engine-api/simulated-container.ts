import type { Clock, Timer } from '#lib/clock.ts';
import type {
  ContainerHealth,
  ContainerInspection,
  ContainerSpec,
  ContainerState,
  EngineEvent,
  LogLine,
} from './engine.ts';
import { SimulatedProcess } from './simulated-process.ts';

/** What an event says beyond who and when. */
type EventBody = EngineEvent extends infer Event
  ? Event extends EngineEvent
    ? Omit<Event, 'containerId' | 'labels' | 'atMs'>
    : never
  : never;

export interface ContainerHost {
  readonly clock: Clock;
  readonly emit: (container: SimulatedContainer, body: EventBody) => void;
  /** The result of a health check's command: its exit code. */
  readonly probe: (container: SimulatedContainer) => number;
}

const nsPerMs = 1_000_000;

/** One container of the simulated engine: its state, its process and its health checks. */
export class SimulatedContainer {
  readonly id: string;
  readonly spec: ContainerSpec;
  readonly imageId: string;
  readonly createdAtMs: number;
  readonly lines: LogLine[] = [];
  /** Called when a line was written or the container has stopped. */
  readonly watchers = new Set<() => void>();
  state: ContainerState = 'created';
  exitCode = 0;
  oomKilled = false;
  error = '';
  startedAtMs: number | undefined;
  finishedAtMs: number | undefined;
  health: ContainerHealth | undefined;
  /** Starts so far: more than one only after restarts. */
  starts = 0;
  readonly #host: ContainerHost;
  #process: SimulatedProcess | undefined;
  #probing: Timer | undefined;
  #sequence = 0;

  constructor(id: string, spec: ContainerSpec, imageId: string, host: ContainerHost) {
    this.id = id;
    this.spec = spec;
    this.imageId = imageId;
    this.#host = host;
    this.createdAtMs = host.clock.now();
  }

  get labels(): Readonly<Record<string, string>> {
    return this.spec.config.Labels ?? {};
  }

  start(): void {
    const { clock } = this.#host;
    const { Entrypoint = [], Cmd = [] } = this.spec.config;
    this.starts++;
    this.state = 'running';
    this.startedAtMs = clock.now();
    this.finishedAtMs = undefined;
    this.#process = new SimulatedProcess([...Entrypoint, ...Cmd], clock, {
      onOutput: (stream, message) => this.#write(stream, message),
      onExit: (exitCode) => this.exit(exitCode),
    });
    this.#process.start();
    this.#host.emit(this, { type: 'start' });
    this.#scheduleProbe();
  }

  signal(name: string): void {
    this.#process?.signal(name);
  }

  /** Ends it as if its process had. */
  exit(exitCode: number, options: { readonly oomKilled?: boolean } = {}): void {
    if (this.state !== 'running') return;
    this.#process?.vanish();
    this.#probing?.cancel();
    this.state = 'exited';
    this.exitCode = exitCode;
    this.oomKilled = options.oomKilled ?? false;
    this.finishedAtMs = this.#host.clock.now();
    if (this.oomKilled) this.#host.emit(this, { type: 'oom' });
    this.#host.emit(this, { type: 'die', exitCode });
    this.#notify();
  }

  #notify(): void {
    for (const watcher of [...this.watchers]) watcher();
  }

  #write(stream: LogLine['stream'], message: string): void {
    // A counter keeps timestamps of one millisecond apart and in order.
    const timestampNs = BigInt(this.#host.clock.now()) * BigInt(nsPerMs) + BigInt(this.#sequence++ % nsPerMs);
    this.lines.push({ stream, timestampNs, message, partial: false });
    this.#notify();
  }

  #scheduleProbe(): void {
    const check = this.spec.config.Healthcheck;
    if (!check?.Test?.length || check.Test[0] === 'NONE') return;
    this.health = { status: 'starting', failingStreak: 0 };
    const intervalMs = (check.Interval || 30_000 * nsPerMs) / nsPerMs;
    const probe = () => {
      this.#setHealth(this.#host.probe(this), check.Retries || 3);
      this.#probing = this.#host.clock.after(intervalMs, probe);
    };
    this.#probing = this.#host.clock.after(intervalMs, probe);
  }

  #setHealth(exitCode: number, retries: number): void {
    const before = this.health!;
    const failingStreak = exitCode === 0 ? 0 : before.failingStreak + 1;
    const status = exitCode === 0 ? 'healthy' : failingStreak >= retries ? 'unhealthy' : before.status;
    this.health = {
      status,
      failingStreak,
      lastProbeAtMs: this.#host.clock.now(),
      lastExitCode: exitCode,
      lastOutput: '',
    };
    if (status !== before.status) this.#host.emit(this, { type: 'health', status });
  }

  inspect(): ContainerInspection {
    const { hostConfig, config } = this.spec;
    const networkMode = hostConfig.NetworkMode ?? 'default';
    const bridged = networkMode === 'default' || networkMode === 'bridge';
    const running = this.state === 'running';
    return {
      containerId: this.id,
      name: this.spec.name,
      image: config.Image ?? '',
      imageId: this.imageId,
      labels: this.labels,
      state: this.state,
      pid: running ? 4242 : 0,
      exitCode: this.exitCode,
      oomKilled: this.oomKilled,
      error: this.error,
      createdAtMs: this.createdAtMs,
      ...(this.startedAtMs === undefined ? {} : { startedAtMs: this.startedAtMs }),
      ...(this.finishedAtMs === undefined ? {} : { finishedAtMs: this.finishedAtMs }),
      ...(this.health ? { health: this.health } : {}),
      networkMode,
      networks: [
        {
          name: bridged ? 'bridge' : networkMode,
          ...(bridged && running ? { ipv4Address: '172.17.0.2', ipv4Gateway: '172.17.0.1', ipv4PrefixLength: 16 } : {}),
        },
      ],
      ports: Object.entries(hostConfig.PortBindings ?? {}).flatMap(([key, bindings]) => {
        const [port, protocol] = key.split('/');
        const containerPort = Number(port);
        return bindings.map((binding) => ({
          containerPort,
          protocol: protocol as 'tcp' | 'udp',
          ...(running ? { hostIp: binding.HostIp || '0.0.0.0', hostPort: Number(binding.HostPort) } : {}),
        }));
      }),
      mounts: [],
      logDriver: hostConfig.LogConfig?.Type ?? 'json-file',
      logOptions: hostConfig.LogConfig?.Config ?? {},
    };
  }
}

import type { Clock } from '#lib/clock.ts';
import { hexId } from '#lib/ids.ts';
import type { Random } from '#lib/random.ts';
import {
  type ContainerEngine,
  EngineError,
  type EngineErrorKind,
  type EngineEvent,
  type EngineInfo,
  type LogLine,
  type StatsSample,
  type VolumeInspection,
} from './engine.ts';
import { SimulatedContainer } from './simulated-container.ts';

/**
 * The engine interface in memory, on an injected clock, with faults to order. `engine.suite.ts` holds it to what a real
 * Docker does; tests of everything above the interface run on it.
 */
export interface SimulatedEngineOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Present from the start. */
  readonly images?: readonly string[];
  /** What the registry has: an image that is in neither cannot be pulled. */
  readonly registry?: readonly string[];
  readonly cpus?: number;
  readonly memoryMiB?: number;
}

export type FaultableCall = Exclude<keyof ContainerEngine, 'close' | 'logs' | 'stats'>;
export type Fault =
  /** The call fails and changes nothing. */
  | { readonly fault: 'error'; readonly kind: EngineErrorKind; readonly message: string }
  /** The call is carried out, but its answer is lost. */
  | { readonly fault: 'lost-answer' }
  /** The call changes nothing and does not come back unless it is aborted. */
  | { readonly fault: 'hang' };

const withTag = (image: string): string => (/[:@][^/]*$/.test(image) ? image : `${image}:latest`);
const idOf = (image: string): string =>
  `sha256:${Buffer.from(withTag(image)).toString('hex').padEnd(64, '0').slice(0, 64)}`;

const aborted = (signal: AbortSignal | undefined): Promise<never> =>
  new Promise((_, reject) => {
    const onAbort = () => reject(new EngineError('aborted', 'the call was aborted'));
    if (signal?.aborted) onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
  });

interface Watcher {
  readonly onEvent: (event: EngineEvent) => void;
  readonly end: (error?: EngineError) => void;
}

export class SimulatedEngine implements ContainerEngine {
  readonly containers = new Map<string, SimulatedContainer>();
  readonly images: Set<string>;
  readonly registry: Set<string>;
  readonly volumes = new Map<string, VolumeInspection>();
  /** Calls so far, by name. */
  readonly calls: string[] = [];
  /** Exit codes that health checks give, by container name; 0 otherwise. */
  readonly probes = new Map<string, number>();
  readonly #options: SimulatedEngineOptions;
  readonly #watchers = new Set<Watcher>();
  readonly #faults: { readonly call: FaultableCall; readonly fault: Fault }[] = [];
  #down = false;

  constructor(options: SimulatedEngineOptions) {
    this.#options = options;
    this.images = new Set((options.images ?? []).map(withTag));
    this.registry = new Set((options.registry ?? []).map(withTag));
  }

  /** The next call of that name meets the fault. */
  inject(call: FaultableCall, fault: Fault): void {
    this.#faults.push({ call, fault });
  }

  /** The daemon dies. Its containers die with it, unless they are kept alive as live-restore does. */
  crash(options: { readonly containersSurvive: boolean }): void {
    this.#down = true;
    const error = new EngineError('unreachable', 'the engine has crashed');
    for (const watcher of [...this.#watchers]) watcher.end(error);
    this.#watchers.clear();
    if (options.containersSurvive) return;
    for (const container of this.containers.values()) container.exit(137);
  }

  recover(): void {
    this.#down = false;
  }

  byName(name: string): SimulatedContainer | undefined {
    return [...this.containers.values()].find((container) => container.spec.name === name);
  }

  async #call<T>(name: FaultableCall, run: () => T, signal?: AbortSignal): Promise<T> {
    this.calls.push(name);
    await Promise.resolve();
    if (signal?.aborted) throw new EngineError('aborted', 'the call was aborted');
    if (this.#down) throw new EngineError('unreachable', 'the engine is down');
    const at = this.#faults.findIndex((entry) => entry.call === name);
    const fault = at < 0 ? undefined : this.#faults.splice(at, 1)[0]!.fault;
    if (fault?.fault === 'hang') return aborted(signal);
    if (fault?.fault === 'error') throw new EngineError(fault.kind, fault.message);
    const result = run();
    if (fault) {
      await result;
      throw new EngineError('unreachable', 'the answer was lost');
    }
    return result;
  }

  #container(reference: string): SimulatedContainer {
    const found = this.containers.get(reference) ?? this.byName(reference);
    if (!found) throw new EngineError('not-found', `No such container: ${reference}`);
    return found;
  }

  #emit(container: SimulatedContainer, body: object): void {
    const base = { containerId: container.id, labels: container.labels, atMs: this.#options.clock.now() };
    const event = { ...base, ...body } as EngineEvent;
    for (const watcher of [...this.#watchers]) watcher.onEvent(event);
  }

  async ping(signal?: AbortSignal): Promise<void> {
    await this.#call('ping', () => {}, signal);
  }

  version() {
    const version = { name: 'simulated', version: '1.0.0', apiVersion: '1.41', minApiVersion: '1.24' };
    return this.#call('version', () => version);
  }

  info(): Promise<EngineInfo> {
    const { cpus = 2, memoryMiB = 4096 } = this.#options;
    return this.#call('info', () => ({
      cpus,
      memoryBytes: memoryMiB * 1024 * 1024,
      architecture: 'x86_64',
      operatingSystem: 'simulated',
      cgroupDriver: 'none' as const,
      cgroupVersion: 2 as const,
      loggingDrivers: ['json-file'],
      volumeDrivers: ['local'],
      securityOptions: [],
      bridgeGateway: '172.17.0.1',
    }));
  }

  pullImage(image: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const pull = () => {
      if (!this.registry.has(withTag(image))) {
        throw new EngineError(
          'denied',
          `pull access denied for ${image}, repository does not exist or may require 'docker login'`,
        );
      }
      this.images.add(withTag(image));
    };
    return this.#call('pullImage', pull, signal);
  }

  inspectImage(image: string) {
    return this.#call('inspectImage', () => {
      if (!this.images.has(withTag(image))) throw new EngineError('not-found', `No such image: ${withTag(image)}`);
      const imageId = idOf(image);
      const pulled = this.registry.has(withTag(image)) ? [`${image.split(/[:@]/)[0]}@${imageId}`] : [];
      const base = { imageId, tags: [withTag(image)], repoDigests: pulled, sizeBytes: 1_000_000 };
      return { ...base, createdAtMs: 0, labels: {}, environment: [] };
    });
  }

  tagImage(image: string, tag: string): Promise<void> {
    return this.#call('tagImage', () => {
      if (!this.images.has(withTag(image))) throw new EngineError('not-found', `No such image: ${withTag(image)}`);
      this.images.add(withTag(tag));
    });
  }

  createContainer(spec: Parameters<ContainerEngine['createContainer']>[0], signal?: AbortSignal) {
    const create = () => {
      const image = spec.config.Image ?? '';
      if (!this.images.has(withTag(image))) throw new EngineError('not-found', `No such image: ${withTag(image)}`);
      const other = this.byName(spec.name);
      if (other) {
        throw new EngineError(
          'conflict',
          `Conflict. The container name "/${spec.name}" is already in use by container "${other.id}".`,
        );
      }
      const id = hexId(this.#options.random, 32);
      const container = new SimulatedContainer(id, spec, idOf(image), {
        clock: this.#options.clock,
        emit: (from, body) => this.#emit(from, body),
        probe: (from) => this.probes.get(from.spec.name) ?? 0,
      });
      this.containers.set(id, container);
      return { containerId: id };
    };
    return this.#call('createContainer', create, signal);
  }

  startContainer(reference: string, signal?: AbortSignal): Promise<void> {
    const start = () => {
      const container = this.#container(reference);
      if (container.state === 'running') return;
      const wanted = new Set(
        Object.values(container.spec.hostConfig.PortBindings ?? {}).flatMap((list) =>
          list.map((entry) => entry.HostPort),
        ),
      );
      for (const other of this.containers.values()) {
        if (other === container || other.state !== 'running') continue;
        for (const { HostPort } of Object.values(other.spec.hostConfig.PortBindings ?? {}).flat()) {
          if (HostPort && wanted.has(HostPort)) {
            throw new EngineError(
              'failed',
              `driver failed programming external connectivity: Bind for 0.0.0.0:${HostPort} failed: port is already allocated`,
            );
          }
        }
      }
      container.start();
    };
    return this.#call('startContainer', start, signal);
  }

  stopContainer(
    reference: string,
    { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<void> {
    const stop = (): Promise<void> | void => {
      const container = this.#container(reference);
      if (container.state !== 'running') return;
      container.signal(container.spec.config.StopSignal ?? 'SIGTERM');
      if ((container.state as string) !== 'running') return;
      const timer = this.#options.clock.after(timeoutMs, () => container.signal('SIGKILL'));
      return new Promise<void>((resolve, reject) => {
        const check = () => {
          if (container.state === 'running') return;
          timer.cancel();
          container.watchers.delete(check);
          resolve();
        };
        container.watchers.add(check);
        aborted(signal).catch(reject);
      });
    };
    return this.#call<Promise<void> | void>('stopContainer', stop, signal) as Promise<void>;
  }

  killContainer(reference: string, signalName = 'SIGKILL'): Promise<void> {
    return this.#call('killContainer', () => {
      const container = this.#container(reference);
      if (container.state !== 'running') throw new EngineError('conflict', `Container ${container.id} is not running`);
      container.signal(signalName);
    });
  }

  removeContainer(reference: string, { force = false }: { readonly force?: boolean } = {}): Promise<void> {
    return this.#call('removeContainer', () => {
      const container = this.containers.get(reference) ?? this.byName(reference);
      if (!container) return;
      if (container.state === 'running') {
        if (!force) throw new EngineError('conflict', `You cannot remove a running container ${container.id}.`);
        container.exit(137);
      }
      this.containers.delete(container.id);
      this.#emit(container, { type: 'destroy' });
    });
  }

  inspectContainer(reference: string) {
    return this.#call('inspectContainer', () => this.#container(reference).inspect());
  }

  listContainers({ labels = {}, all = true }: Parameters<ContainerEngine['listContainers']>[0] = {}) {
    return this.#call('listContainers', () =>
      [...this.containers.values()]
        .filter((container) => all || container.state === 'running')
        .filter((container) =>
          Object.entries(labels).every(([name, value]) =>
            value ? container.labels[name] === value : container.labels[name] !== undefined,
          ),
        )
        .map((container) => ({
          containerId: container.id,
          name: container.spec.name,
          image: container.spec.config.Image ?? '',
          labels: container.labels,
          state: container.state,
        })),
    );
  }

  createVolume({ name, driver = 'local', labels = {} }: Parameters<ContainerEngine['createVolume']>[0]) {
    return this.#call('createVolume', () => {
      const volume = this.volumes.get(name) ?? { name, driver, mountPoint: `/volumes/${name}`, labels };
      this.volumes.set(name, volume);
      return volume;
    });
  }

  inspectVolume(name: string) {
    return this.#call('inspectVolume', () => {
      const volume = this.volumes.get(name);
      if (!volume) throw new EngineError('not-found', `get ${name}: no such volume`);
      return volume;
    });
  }

  removeVolume(name: string): Promise<void> {
    return this.#call('removeVolume', () => {
      const used = [...this.containers.values()].some((container) =>
        (container.spec.hostConfig.Binds ?? []).some((bind) => bind.startsWith(`${name}:`)),
      );
      if (used) throw new EngineError('conflict', `remove ${name}: volume is in use`);
      this.volumes.delete(name);
    });
  }

  watchEvents(onEvent: (event: EngineEvent) => void) {
    return this.#call('watchEvents', () => {
      let close = () => {};
      const ended = new Promise<void>((resolve, reject) => {
        const watcher: Watcher = { onEvent, end: (error) => (error ? reject(error) : resolve()) };
        this.#watchers.add(watcher);
        close = () => {
          this.#watchers.delete(watcher);
          resolve();
        };
      });
      ended.catch(() => {});
      return { ended, close };
    });
  }

  async *logs(
    reference: string,
    { sinceNs = 0n, follow = true, signal }: Parameters<ContainerEngine['logs']>[1] = {},
  ): AsyncGenerator<LogLine> {
    const container = this.#container(reference);
    for (let next = 0; ; ) {
      for (; next < container.lines.length; next++) {
        const line = container.lines[next]!;
        if (line.timestampNs >= sinceNs) yield line;
      }
      if (!follow || container.state !== 'running' || signal?.aborted) return;
      await new Promise<void>((resolve) => {
        const wake = () => {
          container.watchers.delete(wake);
          resolve();
        };
        container.watchers.add(wake);
        signal?.addEventListener('abort', wake, { once: true });
      });
    }
  }

  statsOnce(reference: string): Promise<StatsSample> {
    return this.#call('statsOnce', () => this.#sample(reference));
  }

  #sample(reference: string): StatsSample {
    const container = this.#container(reference);
    if (container.state !== 'running') throw new EngineError('conflict', 'the container is not running');
    const atMs = this.#options.clock.now();
    const ranMs = atMs - (container.startedAtMs ?? atMs);
    const { cpus = 2, memoryMiB = 4096 } = this.#options;
    return {
      atMs,
      cpuTotalNs: ranMs * 10_000,
      systemCpuNs: atMs * cpus * 1_000_000,
      onlineCpus: cpus,
      memoryUsageBytes: 1_048_576,
      memoryLimitBytes: container.spec.hostConfig.Memory || memoryMiB * 1024 * 1024,
      networks: {},
      blockReadBytes: 0,
      blockWriteBytes: 0,
      pids: 1,
      document: { read: new Date(atMs).toISOString() },
    };
  }

  async *stats(reference: string, signal?: AbortSignal): AsyncGenerator<StatsSample> {
    while (!signal?.aborted && this.#container(reference).state === 'running') {
      yield this.#sample(reference);
      await this.#options.clock.sleep(1_000, signal).catch(() => {});
    }
  }

  close(): void {
    for (const watcher of [...this.#watchers]) watcher.end();
    this.#watchers.clear();
  }
}

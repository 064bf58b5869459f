/**
 * What containers use, for telemetry: one sample of every running container each SAMPLE_MS, kept as differences until
 * the telemetry link takes them. Counters that go back (the container was started again) begin anew.
 */
import type { Clock, Timer } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { ContainerMetric, StatsSet, TaskMetric } from '#model/agent-messages.ts';
import { type ContainerEngine, isEngineError, type NetworkCounters, type StatsSample } from '../engine-api/engine.ts';
import type { ContainerView, RunningTasks, TaskView } from '../task-engine/running-tasks.ts';

/** As often as metrics are published. Shorter: finer minima and maxima; longer: less work for the engine. */
const SAMPLE_MS = 20_000;
const MEBIBYTE = 1024 * 1024;
/** Containers asked at a time. */
const PARALLEL = 4;

export interface MetricsCollectorDeps {
  readonly engine: Pick<ContainerEngine, 'statsOnce'>;
  readonly tasks: RunningTasks;
  readonly hostCpus: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

type Rates = Readonly<Record<string, number>>;

interface Kept {
  last: StatsSample;
  /** Measures since the last publication, by name. */
  readonly sets: Map<string, { min: number; max: number; sum: number; sampleCount: number }>;
}

const networkMembers = [
  'rxBytes',
  'rxPackets',
  'rxErrors',
  'rxDropped',
  'txBytes',
  'txPackets',
  'txErrors',
  'txDropped',
] as const satisfies readonly (keyof NetworkCounters)[];

function total(sample: StatsSample, member: keyof NetworkCounters): number {
  return Object.values(sample.networks).reduce((sum, counters) => sum + counters[member], 0);
}

/** What happened between two samples; undefined when they are not of one run or not apart in time. */
export function measure(before: StatsSample, after: StatsSample, hostCpus: number): Rates | undefined {
  const elapsedMs = after.atMs - before.atMs;
  if (elapsedMs <= 0 || after.cpuTotalNs < before.cpuTotalNs) return undefined;
  const out: Record<string, number> = {
    cpu: ((after.cpuTotalNs - before.cpuTotalNs) / (elapsedMs * 1e6 * hostCpus)) * 100,
    memory: Math.floor(after.memoryUsageBytes / MEBIBYTE),
    readSizeBytes: Math.max(0, after.blockReadBytes - before.blockReadBytes),
    writeSizeBytes: Math.max(0, after.blockWriteBytes - before.blockWriteBytes),
  };
  if (Object.keys(after.networks).length === 0) return out;
  for (const member of networkMembers) out[member] = Math.max(0, total(after, member) - total(before, member));
  out['rxBytesPerSecond'] = (out['rxBytes']! * 1000) / elapsedMs;
  out['txBytesPerSecond'] = (out['txBytes']! * 1000) / elapsedMs;
  return out;
}

const longSet = (set: StatsSet) => ({ ...set, overflowMin: 0, overflowMax: 0, overflowSum: 0 });

function toMetric(container: ContainerView, kept: Kept): ContainerMetric {
  const set = (name: string): StatsSet => kept.sets.get(name)!;
  const network = [...networkMembers, 'rxBytesPerSecond', 'txBytesPerSecond'].filter((name) => kept.sets.has(name));
  return {
    containerName: container.name,
    ...(container.containerArn ? { containerArn: container.containerArn } : {}),
    cpuStatsSet: { ...set('cpu') },
    memoryStatsSet: { ...set('memory') },
    ...(network.length > 0
      ? {
          networkStatsSet: Object.fromEntries(
            network.map((name) => [name, name.endsWith('PerSecond') ? { ...set(name) } : longSet(set(name))]),
          ),
        }
      : {}),
    storageStatsSet: {
      readSizeBytes: longSet(set('readSizeBytes')),
      writeSizeBytes: longSet(set('writeSizeBytes')),
    },
    ...(container.restartPolicyEnabled ? { restartStatsSet: { restartCount: container.restartCount } } : {}),
  };
}

export class MetricsCollector {
  readonly #deps: MetricsCollectorDeps;
  readonly #kept = new Map<string, Kept>();
  #timer: Timer | undefined;
  #closed = false;

  constructor(deps: MetricsCollectorDeps) {
    this.#deps = deps;
  }

  /** Begins to sample. */
  start(): void {
    void this.#pass();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  /** Metrics of the running tasks since the last call; containers without two samples yet are left out. */
  takeTaskMetrics(): TaskMetric[] {
    const metrics: TaskMetric[] = [];
    for (const task of this.#deps.tasks.list()) {
      const containerMetrics: ContainerMetric[] = [];
      for (const container of task.containers) {
        const kept = container.runtimeId ? this.#kept.get(container.runtimeId) : undefined;
        if (!kept || kept.sets.size === 0) continue;
        containerMetrics.push(toMetric(container, kept));
        kept.sets.clear();
      }
      if (containerMetrics.length === 0) continue;
      metrics.push({
        taskArn: task.arn,
        clusterArn: task.clusterArn,
        taskDefinitionFamily: task.family,
        taskDefinitionVersion: task.version,
        containerMetrics,
      });
    }
    return metrics;
  }

  /** One sample of every running container. */
  async sample(): Promise<void> {
    const running = this.#deps.tasks
      .list()
      .flatMap((task: TaskView) =>
        task.containers.flatMap((container) =>
          container.knownStatus === 'RUNNING' && container.runtimeId ? [container.runtimeId] : [],
        ),
      );
    const alive = new Set(running);
    for (const runtimeId of this.#kept.keys()) if (!alive.has(runtimeId)) this.#kept.delete(runtimeId);
    const queue = running.values();
    const work = async () => {
      for (const runtimeId of queue) await this.#sampleOne(runtimeId);
    };
    await Promise.all(Array.from({ length: PARALLEL }, work));
  }

  async #sampleOne(runtimeId: string): Promise<void> {
    let sample: StatsSample;
    try {
      sample = await this.#deps.engine.statsOnce(runtimeId);
    } catch (error) {
      if (!isEngineError(error)) throw error;
      this.#deps.logger.debug('no statistics of a container', { runtimeId, error });
      return;
    }
    const kept = this.#kept.get(runtimeId);
    if (!kept) {
      this.#kept.set(runtimeId, { last: sample, sets: new Map() });
      return;
    }
    const rates = measure(kept.last, sample, this.#deps.hostCpus);
    kept.last = sample;
    for (const [name, value] of Object.entries(rates ?? {})) {
      const set = kept.sets.get(name) ?? { min: value, max: value, sum: 0, sampleCount: 0 };
      set.min = Math.min(set.min, value);
      set.max = Math.max(set.max, value);
      set.sum += value;
      set.sampleCount += 1;
      kept.sets.set(name, set);
    }
  }

  async #pass(): Promise<void> {
    try {
      await this.sample();
    } catch (error) {
      this.#deps.logger.warn('container statistics failed', { error });
    }
    if (!this.#closed) this.#timer = this.#deps.clock.after(SAMPLE_MS, () => void this.#pass());
  }
}

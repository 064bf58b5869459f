import { FakeClock } from '#lib/clock.ts';
import { silentLogger } from '#lib/logger.ts';
import { seededRandom } from '#lib/random.ts';
import type { AgentContainer, AgentTask } from '#model/agent-messages.ts';
import { SimulatedEngine } from '../engine-api/simulated.ts';
import { type AgentState, openAgentState } from '../state/agent-state.ts';
import { defaultTaskEngineConfig, type TaskEngineConfig, type TaskEngineDeps } from './engine-config.ts';
import type { TaskStateChange } from './reports.ts';
import { runtimeName } from './task.ts';
import { TaskEngine } from './task-engine.ts';

/** For tests: a task engine on a simulated container engine and a fake clock, with restarts. */
export const testArn = (id: string): string => `arn:aws:ecs:us-east-1:123456789012:task/default/${id.padEnd(32, '0')}`;

export function testContainer(name: string, more: Partial<AgentContainer> = {}): AgentContainer {
  return { name, image: 'busybox', command: ['sleep', '600'], cpu: 10, memory: 32, essential: true, ...more };
}

export function testTask(id: string, containers: readonly AgentContainer[], more: Partial<AgentTask> = {}): AgentTask {
  const base = {
    arn: testArn(id),
    desiredStatus: 'RUNNING',
    family: 'web',
    version: '7',
    networkMode: 'bridge',
  } as const;
  return { ...base, containers, ...more };
}

export interface HarnessOptions {
  readonly config?: Partial<TaskEngineConfig>;
  readonly images?: readonly string[];
  readonly registry?: readonly string[];
  readonly deps?: Partial<TaskEngineDeps>;
}

export class Harness {
  readonly clock = new FakeClock();
  readonly random = seededRandom(1);
  readonly engine: SimulatedEngine;
  readonly state: AgentState = openAgentState(':memory:');
  readonly #options: HarnessOptions;
  tasks: TaskEngine;
  #nextPort = 40_000;

  constructor(options: HarnessOptions = {}) {
    this.#options = options;
    this.engine = new SimulatedEngine({
      clock: this.clock,
      random: this.random,
      images: options.images ?? ['busybox'],
      registry: options.registry ?? [],
    });
    this.tasks = this.#make();
    this.tasks.start();
  }

  #make(): TaskEngine {
    return new TaskEngine({
      engine: this.engine,
      clock: this.clock,
      random: this.random,
      logger: silentLogger,
      store: this.state,
      hostPorts: { pick: async (_protocol, count) => this.#takePorts(count) },
      config: { ...defaultTaskEngineConfig, imagePullBehavior: 'prefer-cached', ...this.#options.config },
      onReport: () => {},
      ...this.#options.deps,
    });
  }

  #takePorts(count: number): number {
    const first = this.#nextPort;
    this.#nextPort += count;
    return first;
  }

  /** Kills the agent at this moment and starts another on the same state. */
  restart(): void {
    this.tasks.close();
    this.tasks = this.#make();
    this.tasks.start();
  }

  /** Lets everything that is due now happen. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 40; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      this.clock.advance(0);
    }
  }

  /** Moves time forward in small steps, so that what follows from one thing happens before the next. */
  async pass(ms: number, stepMs = Math.max(1, ms / 20)): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      this.clock.advance(Math.min(stepMs, ms - passed));
      await this.settle();
    }
  }

  async run(task: AgentTask): Promise<void> {
    this.tasks.accept(task);
    await this.settle();
  }

  get reports(): TaskStateChange[] {
    return this.state.pendingReports(0).map((report) => report.change);
  }

  statuses(task: AgentTask): Record<string, string> {
    const view = this.tasks.tasks.byArn(task.arn);
    return Object.fromEntries((view?.containers ?? []).map((container) => [container.name, container.knownStatus]));
  }

  container(task: AgentTask, name: string) {
    return this.tasks.tasks.byArn(task.arn)!.containers.find((entry) => entry.name === name)!;
  }

  simulated(task: AgentTask, name: string) {
    return this.engine.byName(runtimeName(task, name));
  }

  close(): void {
    this.tasks.close();
    this.state.close();
  }
}

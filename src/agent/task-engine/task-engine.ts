import type { AgentTask, RoleCredentials } from '#model/agent-messages.ts';
import { isEngineError } from '../engine-api/engine.ts';
import { ChangeFeed } from './change-feed.ts';
import { type Exit, observeStep } from './container-observation.ts';
import { createStep, pullStep, startStep, stopStep } from './container-steps.ts';
import { createTaskCredentials, type RoleType, type TaskCredentials } from './credentials.ts';
import type { TaskEngineDeps } from './engine-config.ts';
import { EngineConnection } from './engine-connection.ts';
import { takenPorts } from './host-ports.ts';
import { ImagePulls } from './image-pulls.ts';
import { KeyedTimers } from './keyed-timers.ts';
import { LogAnnouncer } from './log-announcer.ts';
import { explainUnusable } from './parse-task.ts';
import { isEssentialGone, planContainer, type Step } from './plan.ts';
import { hasHeldBack, takeReport } from './reports.ts';
import type { RunningTasks } from './running-tasks.ts';
import type { StepContext } from './step-context.ts';
import { listByName, stopStray } from './strays.ts';
import { type EngineContainer, type EngineTask, newTask, noteCredentials, toTaskView } from './task.ts';
import { removeTaskResources } from './task-cleanup.ts';
import { GatheredResources } from './task-resources.ts';

/**
 * Runs the tasks of this machine. Everything that happens (a payload, an engine event, a step that ended, a timer)
 * ends in `#advance(task)`, which asks `plan.ts` what each container does next and starts those steps.
 *
 * - One step per container at a time; containers and tasks go on independently.
 * - After every step the task is written down together with the report it gives rise to, in one transaction. What was
 *   written is true: a container is recorded CREATED only when the engine has made it. What the engine did after the
 *   last write is found again by the container's name and labels.
 * - It never removes or changes a container that no task of its own records or names.
 * - While the engine cannot be reached nothing is started and nothing is given up.
 */
/** Before a step that the engine refused for no known reason is tried again. */
const stepRetryMs = 5_000;

type BusyStep = 'pull' | 'create' | 'start' | 'stop' | 'observe';

export class TaskEngine {
  readonly credentials: TaskCredentials = createTaskCredentials();
  readonly #deps: TaskEngineDeps;
  readonly #feed = new ChangeFeed();
  readonly #tasks = new Map<string, EngineTask>();
  readonly #byRuntimeId = new Map<string, { task: EngineTask; container: EngineContainer }>();
  readonly #busy = new Map<EngineContainer, { readonly step: BusyStep; readonly abort: AbortController }>();
  /** Exits that events told of and that no step has looked at yet. */
  readonly #exits = new Map<EngineContainer, Exit>();
  readonly #timers: KeyedTimers;
  readonly #announcer: LogAnnouncer;
  readonly #context: StepContext;
  readonly #connection: EngineConnection;
  #closed = false;

  constructor(deps: TaskEngineDeps) {
    this.#deps = deps;
    this.#timers = new KeyedTimers(deps.clock);
    this.#announcer = new LogAnnouncer(deps.logs);
    this.#context = {
      deps,
      pulls: new ImagePulls(deps.engine, deps.config.imagePullBehavior, deps.logger),
      taken: (protocol) => takenPorts(this.#tasks.values(), protocol),
      resources: new GatheredResources(deps.gatherResources, this.credentials),
      persist: (task) => {
        if (!this.#closed) deps.store.saveTask(task);
      },
      portConflicts: new WeakMap(),
    };
    this.#connection = new EngineConnection(deps, {
      onEvent: (event) => this.#onEvent(event),
      onConnected: () => this.#reconcile(),
      onResumed: () => {
        for (const task of this.#tasks.values()) this.#advance(task);
      },
    });
  }

  get tasks(): RunningTasks {
    return this.#feed;
  }

  get isConnected(): boolean {
    return this.#connection.isConnected;
  }

  /** Takes up the recorded tasks and connects to the engine; keeps trying while it is away. Call once. */
  start(): void {
    for (const task of this.#deps.store.loadTasks()) {
      this.#tasks.set(task.arn, task);
      for (const container of task.containers) this.#index(task, container);
      this.#feed.update(toTaskView(task));
      if (task.known === 'STOPPED') {
        this.#announcer.announce(task);
        this.#scheduleCleanup(task);
      }
    }
    this.#connection.start();
  }

  /** Resolves when the engine has been reached and every recorded task compared with it. */
  ready(): Promise<void> {
    return this.#connection.ready();
  }

  /** Stops acting. Containers go on running; steps in progress are left to the engine. */
  close(): void {
    this.#closed = true;
    this.#connection.close();
    this.#timers.cancelAll();
    this.#context.resources.close();
    for (const { abort } of this.#busy.values()) abort.abort();
  }

  /** A task from a payload: taken up, or (known already) told to stop. Repeats do nothing. When it returns, the task is written down. */
  accept(payload: AgentTask): void {
    const known = this.#tasks.get(payload.arn);
    const { arn, roleCredentials, executionRoleCredentials } = payload;
    if (roleCredentials) this.putCredentials(arn, 'TaskApplication', roleCredentials);
    if (executionRoleCredentials) this.putCredentials(arn, 'TaskExecution', executionRoleCredentials);
    if (known && payload.desiredStatus === 'STOPPED') this.stop(arn);
    if (known) return;
    const { clock, random, config } = this.#deps;
    const task = newTask(payload, { clusterArn: config.cluster, nowMs: clock.now(), random });
    const unusable = explainUnusable(payload);
    const mayStart = !unusable && payload.desiredStatus === 'RUNNING';
    const refused = mayStart ? this.#deps.admit?.(task, [...this.#tasks.values()]) : undefined;
    if (unusable) this.#refuse(task, `UnrecogniedTaskError: Error loading task - ${unusable}`);
    else if (refused) this.#refuse(task, `ResourceInitializationError: ${refused}`);
    this.#tasks.set(task.arn, task);
    this.#advance(task);
  }

  #refuse(task: EngineTask, reason: string): void {
    this.#deps.logger.warn('task refused', { taskArn: task.arn, reason });
    task.reason = reason;
    task.desired = 'STOPPED';
  }

  /** Stops a task, if it is here and not stopping already. */
  stop(taskArn: string): void {
    const task = this.#tasks.get(taskArn);
    if (!task) return;
    if (task.known === 'STOPPED') {
      // Asked about again: whoever asks has missed the last report.
      task.reported = 'NONE';
      for (const container of task.containers) container.reported = 'NONE';
      this.#commit(task);
      return;
    }
    if (task.desired === 'STOPPED') return;
    task.desired = 'STOPPED';
    this.#advance(task);
  }

  putCredentials(taskArn: string, roleType: RoleType, credentials: RoleCredentials): void {
    const task = this.#tasks.get(taskArn);
    if (roleType === 'TaskApplication' && task?.known === 'STOPPED') return;
    this.credentials.put(taskArn, roleType, credentials);
    if (task && noteCredentials(task, roleType, credentials.credentialsId)) this.#commit(task);
  }

  #index(task: EngineTask, container: EngineContainer): void {
    if (container.runtimeId) this.#byRuntimeId.set(container.runtimeId, { task, container });
  }

  /** Starts whatever the plan says until nothing more can be started now. */
  #advance(task: EngineTask): void {
    if (this.#closed || task.known === 'STOPPED') return;
    const nowMs = this.#deps.clock.now();
    let wakeAtMs = Number.POSITIVE_INFINITY;
    for (let again = true; again; ) {
      again = false;
      if (task.desired === 'RUNNING' && isEssentialGone(task)) task.desired = 'STOPPED';
      for (const container of task.containers) {
        const next = planContainer(task, container, nowMs);
        if (next.step === 'wait') wakeAtMs = Math.min(wakeAtMs, next.untilMs ?? Number.POSITIVE_INFINITY);
        if (this.#take(task, container, next)) again = true;
      }
    }
    if (task.desired === 'STOPPED') this.#context.resources.drop(task.arn);
    this.#commit(task);
    if (Number.isFinite(wakeAtMs)) this.#timers.set(`wait ${task.arn}`, wakeAtMs - nowMs, () => this.#advance(task));
  }

  /** Takes one planned step. True when the container's status changed at once. */
  #take(task: EngineTask, container: EngineContainer, next: Step): boolean {
    const busy = this.#busy.get(container);
    if (busy) {
      if (busy.step === 'pull' && next.step === 'skip') busy.abort.abort();
      return false;
    }
    if (this.#exits.has(container) && container.known !== 'STOPPED') {
      this.#run(task, container, 'observe');
      return false;
    }
    // Away from the engine, a call whose answer was lost may have made or started it: first see.
    if (!this.#connection.isConnected && container.known !== 'NONE') return false;
    switch (next.step) {
      case 'skip':
        container.known = 'STOPPED';
        return true;
      case 'fail':
        container.known = 'STOPPED';
        container.reason = next.reason;
        return true;
      case 'pull':
      case 'create':
      case 'start':
      case 'stop':
        this.#run(task, container, next.step);
        return false;
      case 'none':
      case 'wait':
        return false;
    }
  }

  #run(task: EngineTask, container: EngineContainer, step: BusyStep): void {
    if (!this.#connection.isConnected) return;
    const abort = new AbortController();
    this.#busy.set(container, { step, abort });
    const seen = this.#exits.get(container);
    if (step === 'observe') this.#exits.delete(container);
    void this.#carryOut(task, container, step, seen, abort.signal)
      .then(() => true)
      .catch((error: unknown) => this.#onStepFailed(container, step, seen, error))
      .then((settled) => {
        this.#busy.delete(container);
        if (this.#closed) return;
        this.#index(task, container);
        if (settled && !(step === 'stop' && container.known === 'RUNNING')) return this.#advance(task);
        this.#commit(task);
        if (step === 'observe') this.#observeLater(task, container);
        this.#timers.set(`retry ${task.arn}`, stepRetryMs, () => this.#advance(task));
      });
  }

  async #carryOut(
    task: EngineTask,
    container: EngineContainer,
    step: BusyStep,
    seen: Exit | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    switch (step) {
      case 'pull':
        return pullStep(this.#context, task, container, signal);
      case 'create':
        return createStep(this.#context, task, container, signal);
      case 'start':
        await startStep(this.#context, task, container, signal);
        if (container.known === 'RUNNING') this.#inspectSoon(task, container);
        return;
      case 'stop':
        await stopStep(this.#context, task, container, signal);
        this.#exits.delete(container);
        return;
      case 'observe': {
        const restarts = container.restartCount;
        await observeStep(this.#context, task, container, seen, signal);
        if (container.restartCount > restarts) this.#inspectSoon(task, container);
      }
    }
  }

  /** True when the container's record says what comes next; false when the same step is to be tried again later. */
  #onStepFailed(container: EngineContainer, step: BusyStep, seen: Exit | undefined, error: unknown): boolean {
    if (this.#closed) return true;
    if (step === 'observe' && seen && !this.#exits.has(container)) this.#exits.set(container, seen);
    if (isEngineError(error, 'unreachable')) {
      this.#connection.lost(error);
      return true;
    }
    this.#deps.logger.error('a step failed unexpectedly', { container: container.runtimeName, step, error });
    if (step === 'observe' || step === 'stop') return false;
    container.known = 'STOPPED';
    container.reason = error instanceof Error ? error.message : String(error);
    return true;
  }

  /** The engine could not tell what has become of it, and no event may tell again. */
  #observeLater(task: EngineTask, container: EngineContainer): void {
    this.#timers.set(`observe ${container.runtimeName}`, stepRetryMs, () => {
      if (container.known === 'STOPPED') return;
      if (this.#busy.has(container) || !this.#connection.isConnected) this.#observeLater(task, container);
      else this.#run(task, container, 'observe');
    });
  }

  /** Addresses, mounts and the like are not worth delaying the RUNNING report for. */
  #inspectSoon(task: EngineTask, container: EngineContainer): void {
    setImmediate(() => {
      if (this.#closed || this.#busy.has(container) || container.known !== 'RUNNING' || this.#exits.has(container))
        return;
      this.#run(task, container, 'observe');
    });
  }

  /** Writes the task down with the report it gives rise to, and tells everybody. */
  #commit(task: EngineTask, options: { readonly flush: boolean } = { flush: false }): void {
    const report = takeReport(task, options);
    if (task.known === 'STOPPED') task.stoppedAtMs ??= this.#deps.clock.now();
    this.#deps.store.saveTask(task, report);
    if (report) this.#deps.onReport();
    else if (hasHeldBack(task)) {
      const key = `batch ${task.arn}`;
      if (!this.#timers.has(key))
        this.#timers.set(key, this.#deps.config.containerBatchMs, () => this.#commit(task, { flush: true }));
    }
    this.#feed.update(toTaskView(task));
    this.#announcer.announce(task);
    if (task.containers.every(({ known }) => known === 'RUNNING' || known === 'STOPPED'))
      this.#context.resources.drop(task.arn);
    if (task.known !== 'STOPPED') return;
    this.credentials.end(task.arn);
    this.#scheduleCleanup(task);
  }

  #onEvent(event: Parameters<Parameters<TaskEngineDeps['engine']['watchEvents']>[0]>[0]): void {
    const entry = this.#byRuntimeId.get(event.containerId);
    if (!entry || this.#closed) return;
    const { task, container } = entry;
    if (container.runtimeId !== event.containerId) return;
    if (container.known === 'STOPPED') {
      if (event.type === 'start') stopStray(this.#deps, container);
      return;
    }
    switch (event.type) {
      case 'die':
        this.#exits.set(container, { exitCode: event.exitCode, atMs: event.atMs });
        break;
      case 'destroy':
        if (!this.#exits.has(container)) this.#exits.set(container, { atMs: event.atMs });
        break;
      case 'health':
        if (!container.health) return;
        container.health = {
          ...container.health,
          status: event.status === 'healthy' ? 'HEALTHY' : event.status === 'unhealthy' ? 'UNHEALTHY' : 'UNKNOWN',
          sinceMs: event.atMs,
        };
        this.#inspectSoon(task, container);
        break;
      case 'start':
      case 'oom':
        return;
    }
    this.#advance(task);
  }

  /** Compares every live task with the engine: after each (re)connection, because events may have been lost. */
  async #reconcile(): Promise<void> {
    const names = await listByName(this.#deps);
    const signal = new AbortController().signal;
    for (const task of this.#tasks.values()) {
      for (const container of task.containers) {
        const summary = names.get(container.runtimeName);
        if (container.known === 'STOPPED' && summary?.state === 'running') stopStray(this.#deps, container);
        if (container.known === 'STOPPED' || this.#busy.has(container)) continue;
        if (!summary && (container.known === 'NONE' || container.known === 'PULLED')) continue;
        const seen = this.#exits.get(container);
        this.#exits.delete(container);
        if (summary) container.runtimeId = summary.containerId;
        try {
          await observeStep(this.#context, task, container, seen, signal);
        } catch (error) {
          if (isEngineError(error, 'unreachable')) throw error;
          this.#onStepFailed(container, 'observe', seen, error);
          this.#observeLater(task, container);
        }
        this.#index(task, container);
      }
    }
  }

  #scheduleCleanup(task: EngineTask): void {
    const key = `cleanup ${task.arn}`;
    if (this.#timers.has(key)) return;
    const dueMs = (task.stoppedAtMs ?? 0) + this.#deps.config.cleanupWaitMs;
    this.#timers.set(key, dueMs - this.#deps.clock.now(), () => void this.#cleanUp(task));
  }

  async #cleanUp(task: EngineTask): Promise<void> {
    try {
      await removeTaskResources(this.#deps, task);
    } catch (error) {
      this.#deps.logger.warn('cleaning up after a task failed; trying again', { taskArn: task.arn, error });
      this.#timers.set(`cleanup ${task.arn}`, 60_000, () => void this.#cleanUp(task));
      return;
    }
    if (this.#closed) return;
    this.#tasks.delete(task.arn);
    for (const container of task.containers) if (container.runtimeId) this.#byRuntimeId.delete(container.runtimeId);
    this.credentials.forget(task.arn);
    this.#announcer.forget(task);
    this.#deps.store.removeTask(task.arn);
    this.#feed.remove(task.arn);
  }
}

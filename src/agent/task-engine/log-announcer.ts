import type { LogShipper } from './running-tasks.ts';
import { type EngineContainer, type EngineTask, toContainerView, toTaskView } from './task.ts';

/** Tells the log shipper, once each, of every start and of the end of an awslogs container. */
export class LogAnnouncer {
  readonly #logs: LogShipper | undefined;
  readonly #told = new Set<string>();

  constructor(logs: LogShipper | undefined) {
    this.#logs = logs;
  }

  announce(task: EngineTask): void {
    if (!this.#logs) return;
    for (const container of task.containers) this.#announce(this.#logs, task, container);
  }

  #announce(logs: LogShipper, task: EngineTask, container: EngineContainer): void {
    if (container.logDriver !== 'awslogs' || !container.runtimeId || container.startedAtMs === undefined) return;
    const run = `${container.runtimeId} ${container.restartCount}`;
    if (!this.#told.has(run)) {
      this.#told.add(run);
      logs.containerStarted(toTaskView(task), toContainerView(task, container));
    }
    const end = `${run} ended`;
    if (container.known === 'STOPPED' && !this.#told.has(end)) {
      this.#told.add(end);
      logs.containerStopped(toTaskView(task), toContainerView(task, container));
    }
  }

  forget(task: EngineTask): void {
    for (const { runtimeId, restartCount } of task.containers) {
      for (let run = 0; run <= restartCount; run++) {
        this.#told.delete(`${runtimeId} ${run}`);
        this.#told.delete(`${runtimeId} ${run} ended`);
      }
    }
  }
}

import { type ECSClient, SubmitTaskStateChangeCommand } from '@aws-sdk/client-ecs';
import { type Backoff, backoffMs } from '#lib/backoff.ts';
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { Random } from '#lib/random.ts';
import type { AgentState, PendingReport } from '../state/agent-state.ts';
import type { TaskStateChange } from '../task-engine/reports.ts';

/**
 * Delivers what the task engine wrote down, until it is acknowledged: in order for each task, several tasks at a time,
 * for ever, with growing delays. Only a report that the control plane calls invalid is dropped.
 */
export interface StateChangeSenderOptions {
  readonly ecs: ECSClient;
  readonly state: AgentState;
  readonly cluster: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

const retry: Backoff = { firstMs: 1_000, maxMs: 30_000, factor: 2, jitter: 0.2 };
/** More: a reconnecting agent floods the control plane. Fewer: a slow answer holds up other tasks' news. */
const tasksAtOnce = 8;

const toDate = (ms: number | undefined): Date | undefined => (ms === undefined ? undefined : new Date(ms));

export function toCommand(cluster: string, change: TaskStateChange): SubmitTaskStateChangeCommand {
  return new SubmitTaskStateChangeCommand({
    cluster,
    task: change.taskArn,
    status: change.status,
    reason: change.reason,
    containers: change.containers.map((container) => ({
      ...container,
      networkBindings: container.networkBindings.map((binding) => ({ ...binding })),
    })),
    ...(change.pullStartedAtMs === undefined ? {} : { pullStartedAt: toDate(change.pullStartedAtMs) }),
    ...(change.pullStoppedAtMs === undefined ? {} : { pullStoppedAt: toDate(change.pullStoppedAtMs) }),
    ...(change.executionStoppedAtMs === undefined ? {} : { executionStoppedAt: toDate(change.executionStoppedAtMs) }),
  });
}

export class StateChangeSender {
  readonly #options: StateChangeSenderOptions;
  readonly #queues = new Map<string, PendingReport[]>();
  readonly #waiting: string[] = [];
  readonly #abort = new AbortController();
  #lastId = 0;
  #active = 0;

  constructor(options: StateChangeSenderOptions) {
    this.#options = options;
  }

  /** There may be new reports. */
  wake(): void {
    for (const report of this.#options.state.pendingReports(this.#lastId)) {
      this.#lastId = report.id;
      const { taskArn } = report.change;
      const queue = this.#queues.get(taskArn);
      if (queue) queue.push(report);
      else {
        this.#queues.set(taskArn, [report]);
        this.#waiting.push(taskArn);
      }
    }
    this.#dispatch();
  }

  close(): void {
    this.#abort.abort();
  }

  #dispatch(): void {
    while (this.#active < tasksAtOnce && this.#waiting.length && !this.#abort.signal.aborted) {
      const taskArn = this.#waiting.shift()!;
      this.#active++;
      void this.#drain(taskArn).finally(() => {
        this.#active--;
        this.#dispatch();
      });
    }
  }

  async #drain(taskArn: string): Promise<void> {
    const queue = this.#queues.get(taskArn)!;
    for (let next = queue[0]; next; next = queue[0]) {
      if (!(await this.#deliver(next))) return;
      this.#options.state.removeReport(next.id);
      queue.shift();
    }
    this.#queues.delete(taskArn);
  }

  /** True when the report is done with; false when the sender was closed. */
  async #deliver(report: PendingReport): Promise<boolean> {
    const { clock, cluster, ecs, logger, random } = this.#options;
    const command = toCommand(cluster, report.change);
    for (let failures = 1; ; failures++) {
      if (this.#abort.signal.aborted) return false;
      try {
        await ecs.send(command, { abortSignal: this.#abort.signal });
        if (this.#abort.signal.aborted) return false;
        logger.debug('reported', { taskArn: report.change.taskArn, status: report.change.status });
        return true;
      } catch (error) {
        if (this.#abort.signal.aborted) return false;
        const { name, message } = error as Error;
        if (name === 'InvalidParameterException') {
          logger.error('the control plane refused a report; dropped', { change: report.change, message });
          return true;
        }
        logger.warn('a report could not be delivered; trying again', { taskArn: report.change.taskArn, name, message });
        await clock.sleep(backoffMs(retry, failures, random), this.#abort.signal).catch(() => {});
      }
    }
  }
}

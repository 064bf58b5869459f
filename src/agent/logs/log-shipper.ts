/**
 * Ships the output of containers with the log driver awslogs to CloudWatch Logs, while they run. Such containers write to
 * the engine's own files; from there one `ContainerLog` each carries every line away, exactly once, over restarts of the
 * agent and absences of the service. Applications never wait for it, so the driver's modes blocking and non-blocking are
 * both kept: nothing blocks, and nothing is dropped.
 */
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { Random } from '#lib/random.ts';
import type { ContainerEngine } from '../engine-api/engine.ts';
import type { ContainerView, LogShipper, TaskView } from '../task-engine/running-tasks.ts';
import { ContainerLog } from './container-log.ts';
import { shippingOptions } from './log-options.ts';
import { type LogSink, SinkError } from './log-sink.ts';
import { startPattern } from './multiline.ts';

export interface LogShipperDeps {
  readonly engine: Pick<ContainerEngine, 'logs'>;
  readonly sink: LogSink;
  /** Of the agent; for containers whose options name none. */
  readonly region: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export interface ClosableLogShipper extends LogShipper {
  /** Stops shipping; the next agent goes on where this one stopped. */
  close(): Promise<void>;
}

export function createLogShipper(deps: LogShipperDeps): ClosableLogShipper {
  const logs = new Map<string, ContainerLog>();

  function logOf(task: TaskView, container: ContainerView): ContainerLog {
    const runtimeId = container.runtimeId!;
    const known = logs.get(runtimeId);
    if (known) return known;
    const logger = deps.logger.with({ taskArn: task.arn, container: container.name });
    const pattern = startPattern(container.logOptions, (why) => logger.warn(why));
    const log = new ContainerLog({
      ...deps,
      logger,
      runtimeId,
      options: shippingOptions(task, container, deps.region),
      ...(pattern ? { startPattern: pattern } : {}),
    });
    logs.set(runtimeId, log);
    void log.done.then(() => {
      if (logs.get(runtimeId) === log) logs.delete(runtimeId);
    });
    return log;
  }

  return {
    async prepare(task, container) {
      const { destination, createGroup } = shippingOptions(task, container, deps.region);
      try {
        if (createGroup) await deps.sink.createGroup(destination);
        await deps.sink.createStream(destination);
      } catch (error) {
        if (!(error instanceof SinkError)) throw error;
        if (error.failure === 'group-missing' || error.failure === 'refused') throw error;
        deps.logger.warn('a log stream could not be made; its lines wait', {
          taskArn: task.arn,
          ...destination,
          error,
        });
      }
    },
    containerStarted: (task, container) => logOf(task, container).started(),
    containerStopped: (task, container) => logOf(task, container).stopped(),
    drained: async (runtimeId) => await logs.get(runtimeId)?.done,
    async close() {
      const open = [...logs.values()];
      for (const log of open) log.close();
      await Promise.all(open.map((log) => log.done));
      deps.sink.close();
    },
  };
}

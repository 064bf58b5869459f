import { isEngineError } from '../engine-api/engine.ts';
import type { TaskEngineDeps } from './engine-config.ts';
import type { EngineTask } from './task.ts';

/** Removes a stopped task's containers, once their logs are delivered, and the volumes and limits that were its own. */
export async function removeTaskResources(
  { engine, logs, cgroups, logger }: TaskEngineDeps,
  task: EngineTask,
): Promise<void> {
  for (const container of task.containers) {
    if (!container.runtimeId) continue;
    if (container.logDriver === 'awslogs') await logs?.drained(container.runtimeId);
    await engine.removeContainer(container.runtimeId, { force: true });
  }
  for (const volume of task.ownVolumes) {
    await engine.removeVolume(volume).catch((error: unknown) => {
      if (!isEngineError(error, 'conflict')) throw error;
      logger.warn('volume still in use by somebody else; left behind', { volume, taskArn: task.arn });
    });
  }
  cgroups?.remove(task);
}

import type { ContainerSummary } from '../engine-api/engine.ts';
import { taskArnLabel } from './container-spec.ts';
import type { TaskEngineDeps } from './engine-config.ts';
import type { EngineContainer } from './task.ts';

/** Every container on the engine that belongs to some task, by name. */
export async function listByName({ engine }: TaskEngineDeps): Promise<ReadonlyMap<string, ContainerSummary>> {
  const present = await engine.listContainers({ labels: { [taskArnLabel]: '' } });
  return new Map(present.map((summary) => [summary.name, summary]));
}

/** A container that was given up runs: started late, or by somebody else. Nothing accounts for it any more. */
export function stopStray({ engine, config, logger }: TaskEngineDeps, container: EngineContainer): void {
  logger.warn('stopping a container that should not run', { container: container.runtimeName });
  engine.stopContainer(container.runtimeName, { timeoutMs: config.stopTimeoutMs }).catch((error: unknown) => {
    logger.warn('a stray container could not be stopped', { container: container.runtimeName, error });
  });
}

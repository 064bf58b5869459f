import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { Random } from '#lib/random.ts';
import type { ContainerEngine } from '../engine-api/engine.ts';
import type { HostPorts } from './host-ports.ts';
import type { ImagePullBehavior } from './image-pulls.ts';
import type { OwnImages } from './own-images.ts';
import type { TaskStateChange } from './reports.ts';
import type { ContainerEnvironment, LogShipper } from './running-tasks.ts';
import type { EngineTask } from './task.ts';
import type { GatherResources } from './task-resources.ts';

export interface TaskEngineConfig {
  /** As registered, a name or an ARN; it becomes a label. */
  readonly cluster: string;
  readonly imagePullBehavior: ImagePullBehavior;
  /** SIGTERM to SIGKILL, unless the container says. */
  readonly stopTimeoutMs: number;
  readonly pullTimeoutMs: number;
  readonly createTimeoutMs: number;
  readonly startTimeoutMs: number;
  /** How long a stopped task's containers stay. */
  readonly cleanupWaitMs: number;
  /** How long a container's change waits for its task's before it is reported alone. Longer: fewer calls, later news. */
  readonly containerBatchMs: number;
}

export const defaultTaskEngineConfig: TaskEngineConfig = {
  cluster: 'default',
  imagePullBehavior: 'default',
  stopTimeoutMs: 30_000,
  pullTimeoutMs: 2 * 3_600_000,
  createTimeoutMs: 240_000,
  startTimeoutMs: 180_000,
  cleanupWaitMs: 3 * 3_600_000,
  containerBatchMs: 1_000,
};

/** Where the engine writes down what it knows. Synchronous; when a call returns, a killed agent still has it. */
export interface TaskStore {
  loadTasks(): readonly EngineTask[];
  /** One transaction: the task as it is now and, if any, the report to send. */
  saveTask(task: EngineTask, report?: TaskStateChange): void;
  removeTask(taskArn: string): void;
}

/** Limits of a task as a whole. */
export interface TaskCgroups {
  /** Makes the group, answering the cgroup parent of the task's containers; `undefined` when the task has no limits. */
  create(task: EngineTask): string | undefined;
  remove(task: EngineTask): void;
}

export interface TaskEngineDeps {
  readonly engine: ContainerEngine;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly store: TaskStore;
  readonly hostPorts: HostPorts;
  readonly config: TaskEngineConfig;
  readonly cgroups?: TaskCgroups;
  readonly logs?: LogShipper;
  readonly environment?: ContainerEnvironment;
  /** Without it, tasks that need secrets or registry credentials fail to start. */
  readonly gatherResources?: GatherResources;
  /** Without it, images of the control plane's registry are pulled by their own names, as all others are. */
  readonly images?: OwnImages;
  /** A report was stored. */
  readonly onReport: () => void;
  /** Why the task does not fit on this machine, if so: asked once, before anything is done for it. */
  readonly admit?: (task: EngineTask, present: readonly EngineTask[]) => string | undefined;
}

import type { KnownStatus, NetworkBinding } from './running-tasks.ts';
import { type EngineContainer, type EngineTask, taskStatus } from './task.ts';

/** One SubmitTaskStateChange call's content; times in epoch milliseconds. Kept as JSON until acknowledged. */
export interface TaskStateChange {
  readonly taskArn: string;
  readonly status: ReportedStatus;
  readonly reason: string;
  readonly containers: readonly ContainerStateChange[];
  readonly pullStartedAtMs?: number;
  readonly pullStoppedAtMs?: number;
  readonly executionStoppedAtMs?: number;
}
export type ReportedStatus = 'PENDING' | 'RUNNING' | 'STOPPED';
export interface ContainerStateChange {
  readonly containerName: string;
  readonly status: ReportedStatus;
  readonly runtimeId?: string;
  readonly exitCode?: number;
  readonly reason?: string;
  readonly imageDigest?: string;
  readonly networkBindings: readonly NetworkBinding[];
}

const rank = { NONE: 0, RUNNING: 1, STOPPED: 2 } as const;

/** PENDING is the control plane's own first guess, so only what lies beyond it is worth a report. */
const reportable = (known: KnownStatus): keyof typeof rank =>
  known === 'RUNNING' || known === 'STOPPED' ? known : 'NONE';

function containerChange(container: EngineContainer, status: 'RUNNING' | 'STOPPED'): ContainerStateChange {
  return {
    containerName: container.payload.name,
    status,
    ...(container.runtimeId ? { runtimeId: container.runtimeId } : {}),
    ...(container.exitCode === undefined ? {} : { exitCode: container.exitCode }),
    ...(container.reason ? { reason: container.reason.slice(0, 255) } : {}),
    ...(container.imageDigest ? { imageDigest: container.imageDigest } : {}),
    networkBindings: container.bindings,
  };
}

/**
 * The next report of a task, marking its content as reported; `undefined` when there is nothing new. Changes of
 * containers alone are held back until a task's own change takes them along, or `flush` asks for them.
 */
export function takeReport(task: EngineTask, options: { readonly flush: boolean }): TaskStateChange | undefined {
  task.known = taskStatus(task);
  const status = reportable(task.known);
  const taskMoved = rank[status] > rank[task.reported];
  const moved = task.containers.filter((container) => rank[reportable(container.known)] > rank[container.reported]);
  if (!taskMoved && !(options.flush && moved.length)) return undefined;
  const containers = moved.map((container) => {
    const containerStatus = reportable(container.known) as 'RUNNING' | 'STOPPED';
    container.reported = containerStatus;
    return containerChange(container, containerStatus);
  });
  task.reported = status;
  return {
    taskArn: task.arn,
    status: status === 'NONE' ? 'PENDING' : status,
    reason: (task.reason ?? '').slice(0, 1024),
    containers,
    ...(task.pullStartedAtMs === undefined ? {} : { pullStartedAtMs: task.pullStartedAtMs }),
    ...(task.pullStoppedAtMs === undefined ? {} : { pullStoppedAtMs: task.pullStoppedAtMs }),
    ...(task.executionStoppedAtMs === undefined ? {} : { executionStoppedAtMs: task.executionStoppedAtMs }),
  };
}

/** Whether some container moved without the task. */
export const hasHeldBack = (task: EngineTask): boolean =>
  task.containers.some((container) => rank[reportable(container.known)] > rank[container.reported]);

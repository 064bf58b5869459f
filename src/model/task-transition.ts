/**
 * How a task's row moves: the three things that happen to a task after its birth. All pure; callers write the result.
 *
 * - `requestStop`: somebody wants it stopped. desiredStatus becomes STOPPED, and the first reason given stays.
 * - `applyReport`: an agent said what it knows. Reports may come late, twice or out of order; nothing moves backwards.
 * - `loseTask`: the instance is gone for good, and with it the containers.
 */
import type { NetworkBinding } from '@aws-sdk/client-ecs';
import type { TaskContainerRow, TaskRow } from './rows.ts';
import {
  advanceContainer,
  advanceTask,
  type ContainerStatus,
  containerStatuses,
  type HealthStatus,
  type StopCode,
  type TaskStatus,
  taskHealth,
  taskStatuses,
} from './task-status.ts';

export interface ContainerReport {
  readonly containerName: string;
  readonly status?: string;
  readonly runtimeId?: string;
  readonly exitCode?: number;
  readonly reason?: string;
  readonly imageDigest?: string;
  readonly networkBindings?: readonly NetworkBinding[];
}

export interface TaskReport {
  readonly status?: string;
  readonly reason?: string;
  readonly containers: readonly ContainerReport[];
  readonly pullStartedAt?: number;
  readonly pullStoppedAt?: number;
  readonly executionStoppedAt?: number;
}

const knownTaskStatus = (status: string | undefined): TaskStatus | undefined =>
  taskStatuses.find((known) => known === status);
const knownContainerStatus = (status: string | undefined): ContainerStatus | undefined =>
  containerStatuses.find((known) => known === status);

export function requestStop(
  task: TaskRow,
  stop: { readonly stopCode: StopCode; readonly reason: string; readonly nowMs: number },
): TaskRow {
  if (task.desiredStatus === 'STOPPED') return task;
  return {
    ...task,
    desiredStatus: 'STOPPED',
    stopCode: stop.stopCode,
    stoppedReason: stop.reason,
    stoppingAt: stop.nowMs,
    version: task.version + 1,
  };
}

const isSameList = (a: readonly NetworkBinding[], b: readonly NetworkBinding[]) =>
  a === b || JSON.stringify(a) === JSON.stringify(b);

function isSame<R extends object>(a: R, b: R): boolean {
  if (a === b) return true;
  for (const name in a) if (a[name] !== b[name]) return false;
  return true;
}

function applyContainerReport(container: TaskContainerRow, report: ContainerReport): TaskContainerRow {
  const status = knownContainerStatus(report.status);
  return {
    ...container,
    lastStatus: status ? advanceContainer(container.lastStatus, status) : container.lastStatus,
    runtimeId: report.runtimeId || container.runtimeId,
    exitCode: report.exitCode ?? container.exitCode,
    reason: report.reason || container.reason,
    imageDigest: report.imageDigest || container.imageDigest,
    networkBindings: report.networkBindings?.length ? report.networkBindings : container.networkBindings,
  };
}

/** The same row when the reports about the container bring nothing new. */
function applyContainerReports(container: TaskContainerRow, reports: readonly ContainerReport[]): TaskContainerRow {
  const next = reports
    .filter((entry) => entry.containerName === container.name)
    .reduce(applyContainerReport, container);
  const isKnown = isSameList(next.networkBindings, container.networkBindings);
  return isKnown && isSame({ ...next, networkBindings: container.networkBindings }, container) ? container : next;
}

/** Why a task that nobody asked to stop has stopped: AWS's stopCode and stoppedReason. */
function explainStop(task: TaskRow, reason: string | undefined): { stopCode: StopCode; stoppedReason: string } {
  const failed = task.containers.find((container) => container.exitCode === undefined && container.reason);
  if (task.startedAt === undefined && !task.containers.some((container) => container.exitCode !== undefined)) {
    return { stopCode: 'TaskFailedToStart', stoppedReason: failed?.reason ?? (reason || 'Task failed to start') };
  }
  return { stopCode: 'EssentialContainerExited', stoppedReason: reason || 'Essential container in task exited' };
}

function stopped(task: TaskRow, reason: string | undefined, nowMs: number): TaskRow {
  const why =
    task.stopCode === undefined
      ? explainStop(task, reason)
      : { stopCode: task.stopCode, stoppedReason: task.stoppedReason };
  return {
    ...task,
    ...why,
    desiredStatus: 'STOPPED',
    lastStatus: 'STOPPED',
    connectivity: task.connectivity === undefined ? undefined : 'DISCONNECTED',
    stoppingAt: task.stoppingAt ?? nowMs,
    stoppedAt: nowMs,
    executionStoppedAt: task.executionStoppedAt ?? (task.startedAt === undefined ? undefined : nowMs),
    containers: task.containers.map((container) => ({ ...container, lastStatus: 'STOPPED' })),
  };
}

/** Applies an agent's report. Answers the same row when it brings nothing new. `nowMs`: when it was received. */
export function applyReport(task: TaskRow, report: TaskReport, nowMs: number): TaskRow {
  if (task.lastStatus === 'STOPPED') return task;
  const reportedContainers = task.containers.map((container) => applyContainerReports(container, report.containers));
  const isNews = reportedContainers.some((container, at) => container !== task.containers[at]);
  const containers = isNews ? reportedContainers : task.containers;
  const reported = knownTaskStatus(report.status);
  const lastStatus = reported ? advanceTask(task.lastStatus, reported) : task.lastStatus;
  const started = lastStatus === 'RUNNING' && task.startedAt === undefined;
  const next: TaskRow = {
    ...task,
    lastStatus,
    healthStatus: taskHealth(containers),
    containers,
    startedAt: started ? nowMs : task.startedAt,
    connectivity: started ? 'CONNECTED' : task.connectivity,
    connectivityAt: started ? nowMs : task.connectivityAt,
    pullStartedAt: task.pullStartedAt ?? report.pullStartedAt,
    pullStoppedAt: task.pullStoppedAt ?? report.pullStoppedAt,
    executionStoppedAt: task.executionStoppedAt ?? report.executionStoppedAt,
    version: task.version + 1,
  };
  if (lastStatus === 'STOPPED') return stopped(next, report.reason, nowMs);
  return isSame({ ...next, version: task.version }, task) ? task : next;
}

/** Applies container health as TCS published it. Answers the same row when nothing changed. */
export function applyHealth(
  task: TaskRow,
  health: readonly { readonly containerName: string; readonly healthStatus: HealthStatus }[],
): TaskRow {
  if (task.lastStatus === 'STOPPED') return task;
  let changed = false;
  const containers = task.containers.map((container) => {
    const entry = health.find((candidate) => candidate.containerName === container.name);
    if (!entry || !container.healthChecked || entry.healthStatus === container.healthStatus) return container;
    changed = true;
    return { ...container, healthStatus: entry.healthStatus };
  });
  return changed ? { ...task, containers, healthStatus: taskHealth(containers), version: task.version + 1 } : task;
}

/** The instance is gone for good (deregistered by force, or lost): its tasks are stopped without an agent's word. */
export function loseTask(
  task: TaskRow,
  loss: { readonly stopCode: StopCode; readonly reason: string; readonly nowMs: number },
): TaskRow {
  if (task.lastStatus === 'STOPPED') return task;
  const wanted = requestStop(task, loss);
  return { ...stopped(wanted, loss.reason, loss.nowMs), version: wanted.version + 1 };
}

/** Tasks that an agent says nothing about: placed, and PENDING for longer than any pull should take. Pure. */
import type { TaskRow } from '#model/rows.ts';
import { isStarting } from '#model/task-status.ts';

export interface Watch {
  /** 0 or absent: wait for ever. */
  readonly pendingTimeoutMs?: number;
  /** Nothing is held against a task before this time (epoch ms): nobody could have reported it. */
  readonly watchingSince?: number;
  readonly nowMs: number;
}

/** An agent that does not answer the stop of such a task either loses it after this time. */
const STOP_ANSWER_MS = 2 * 60_000;

export const silentReason = (timeoutMs: number) =>
  `Task failed to start: its agent has not reported on it for ${Math.round(timeoutMs / 1000)} seconds`;

const isSilent = (task: TaskRow) => task.stopCode === 'TaskFailedToStart' && isStarting(task.lastStatus);

/** When the task is to be given up, unless it has moved by then; undefined when it is no such task. */
export function givenUpAt(watch: Watch, task: TaskRow): number | undefined {
  if (!watch.pendingTimeoutMs || task.desiredStatus === 'STOPPED') return undefined;
  if (!isStarting(task.lastStatus) || task.pullStartedAt !== undefined) return undefined;
  return Math.max(task.createdAt, watch.watchingSince ?? 0) + watch.pendingTimeoutMs;
}

/** When a task that was told to stop before it ran, and has not answered since, counts as lost; undefined when it is no such task. */
export function abandonedAt(watch: Watch, task: TaskRow): number | undefined {
  if (!watch.pendingTimeoutMs || task.desiredStatus !== 'STOPPED' || !isStarting(task.lastStatus)) return undefined;
  const waitMs = isSilent(task) ? STOP_ANSWER_MS : watch.pendingTimeoutMs;
  return Math.max(task.stoppingAt ?? 0, watch.watchingSince ?? 0) + waitMs;
}

/** Instances whose agents have just been found silent: replacements go elsewhere if they can. */
export function silentInstances(live: readonly TaskRow[]): Set<string> {
  const silent = new Set<string>();
  for (const task of live) {
    if (task.desiredStatus === 'STOPPED' && isSilent(task) && task.containerInstanceArn)
      silent.add(task.containerInstanceArn);
  }
  return silent;
}

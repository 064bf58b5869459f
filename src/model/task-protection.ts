/**
 * Scale-in protection of a service's tasks. It ends by itself when its time has come: nothing is written then, so
 * whoever asks says what time it is, and whoever acts on it looks again at `protectedUntil`.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html
 */
import type { TaskRow } from './rows.ts';

export const isProtected = (task: Pick<TaskRow, 'protectedUntil'>, nowMs: number): boolean =>
  task.protectedUntil !== undefined && nowMs < task.protectedUntil;

/**
 * What GetTaskProtection and UpdateTaskProtection share.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html
 */
import type { Failure, ProtectedTask } from '@aws-sdk/client-ecs';
import type { ClusterRow, ServiceRow, TaskRow } from '#model/rows.ts';
import { isProtected } from '#model/task-protection.ts';
import type { View } from '#store/store.ts';
import { services } from '#store/tables/ecs.ts';
import type { EcsContext } from './context.ts';
import { invalidParameter } from './errors.ts';
import { findTask, toTaskArn } from './resolve-task.ts';

export interface ServiceTask {
  readonly task: TaskRow;
  readonly service: ServiceRow;
}

export function viewProtection(task: TaskRow, nowMs: number): ProtectedTask {
  return isProtected(task, nowMs)
    ? { taskArn: task.arn, protectionEnabled: true, expirationDate: new Date(task.protectedUntil!) }
    : { taskArn: task.arn, protectionEnabled: false };
}

/** ARNs of distinct tasks; InvalidParameterException when there are none or too many. */
export function checkTasks(
  ctx: EcsContext,
  cluster: ClusterRow,
  ids: readonly string[] | undefined,
  max: number,
): string[] {
  if (!ids || ids.length === 0) throw invalidParameter('Tasks cannot be empty.');
  if (ids.length > max) throw invalidParameter(`Tasks cannot have more than ${max} elements.`);
  return [...new Set(ids.map((id) => toTaskArn(ctx, cluster, id)))];
}

/** A service's task that has not stopped, or why it cannot be protected. */
export function findServiceTask(view: View, ctx: EcsContext, cluster: ClusterRow, arn: string): ServiceTask | Failure {
  const task = findTask(view, ctx, cluster, arn);
  if (!task) return { arn, reason: 'MISSING', detail: 'The specified task could not be found.' };
  const service = task.serviceArn === undefined ? undefined : view.get(services, task.serviceArn);
  if (!service) {
    return {
      arn,
      reason: 'TASK_NOT_VALID',
      detail: 'The specified task is not part of an Amazon ECS service.',
    };
  }
  if (task.desiredStatus === 'STOPPED' || task.lastStatus === 'STOPPED') {
    return { arn, reason: 'TASK_NOT_VALID', detail: 'The specified task is stopping or has stopped.' };
  }
  return { task, service };
}

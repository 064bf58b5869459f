import type { StopTaskCommandInput, StopTaskCommandOutput } from '@aws-sdk/client-ecs';
import { requestStop } from '#model/task-transition.ts';
import { tasks } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { invalidParameter } from '../errors.ts';
import { requireCluster } from '../resolve.ts';
import { findTask } from '../resolve-task.ts';
import { viewTask } from '../views/task.ts';

const maxReasonLength = 1024;

/** Asks for a stop; the task is STOPPED when its agent says so. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StopTask.html */
export const StopTask: EcsOperation<StopTaskCommandInput, StopTaskCommandOutput> = (ctx, input) => {
  if (!input.task) throw invalidParameter('Task can not be blank.');
  const reason = input.reason || 'Task stopped by user';
  if (reason.length > maxReasonLength) throw invalidParameter(`reason can have up to ${maxReasonLength} characters.`);
  const cluster = requireCluster(ctx.store, ctx, input.cluster);
  const found = findTask(ctx.store, ctx, cluster, input.task);
  if (!found) throw invalidParameter('The referenced task was not found.');
  const stop = { stopCode: 'UserInitiated', reason, nowMs: ctx.clock.now() } as const;
  const row = ctx.store.transact((tx) => tx.update(tasks, found.arn, (task) => requestStop(task, stop)));
  return { task: viewTask(row, new Set(['TAGS'])) };
};

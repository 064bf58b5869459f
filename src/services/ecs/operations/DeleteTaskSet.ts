import type { DeleteTaskSetCommandInput, DeleteTaskSetCommandOutput } from '@aws-sdk/client-ecs';
import { drainingSet } from '#model/task-set.ts';
import { taskSets } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { invalidParameter } from '../errors.ts';
import { requireExternalService, requireTaskSet } from '../resolve-task-set.ts';
import { viewTaskSet } from '../views/task-set.ts';

/**
 * The task set is DRAINING until its tasks have stopped, then gone.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteTaskSet.html
 */
export const DeleteTaskSet: EcsOperation<DeleteTaskSetCommandInput, DeleteTaskSetCommandOutput> = (ctx, input) => {
  const { service } = requireExternalService(ctx, input);
  const row = requireTaskSet(ctx.store, service, input.taskSet);
  if (!input.force && row.status === 'PRIMARY') {
    throw invalidParameter('The primary task set cannot be deleted. Use force to delete it nonetheless.');
  }
  if (!input.force && row.status === 'ACTIVE' && row.scalePercent > 0) {
    throw invalidParameter('The task set cannot be deleted while it is scaled above 0.');
  }
  const next = ctx.store.transact((tx) => tx.put(taskSets, drainingSet(row, ctx.clock.now())));
  return { taskSet: viewTaskSet(ctx.store, service, next, true) };
};

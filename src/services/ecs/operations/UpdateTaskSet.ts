import type { UpdateTaskSetCommandInput, UpdateTaskSetCommandOutput } from '@aws-sdk/client-ecs';
import { stabilizing } from '#model/task-set.ts';
import { taskSets } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { invalidParameter } from '../errors.ts';
import { checkScale, requireExternalService, requireTaskSet } from '../resolve-task-set.ts';
import { viewTaskSet } from '../views/task-set.ts';

/** Changes its share of the service's desired count. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateTaskSet.html */
export const UpdateTaskSet: EcsOperation<UpdateTaskSetCommandInput, UpdateTaskSetCommandOutput> = (ctx, input) => {
  if (!input.scale) throw invalidParameter('Scale can not be blank.');
  const scalePercent = checkScale(input.scale);
  const { service } = requireExternalService(ctx, input);
  const row = requireTaskSet(ctx.store, service, input.taskSet);
  if (row.status === 'DRAINING') throw invalidParameter('The task set is DRAINING and can not be updated.');
  const nowMs = ctx.clock.now();
  const next = ctx.store.transact((tx) =>
    tx.put(taskSets, { ...stabilizing(row, nowMs), scalePercent, updatedAt: nowMs }),
  );
  return { taskSet: viewTaskSet(ctx.store, service, next, true) };
};

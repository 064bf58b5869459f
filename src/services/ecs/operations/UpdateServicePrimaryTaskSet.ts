import type {
  UpdateServicePrimaryTaskSetCommandInput,
  UpdateServicePrimaryTaskSetCommandOutput,
} from '@aws-sdk/client-ecs';
import { services, taskSets } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { invalidParameter } from '../errors.ts';
import { requireExternalService, requireTaskSet } from '../resolve-task-set.ts';
import { viewTaskSet } from '../views/task-set.ts';

/**
 * The PRIMARY task set gives the service its task definition; the one before is ACTIVE again.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateServicePrimaryTaskSet.html
 */
export const UpdateServicePrimaryTaskSet: EcsOperation<
  UpdateServicePrimaryTaskSetCommandInput,
  UpdateServicePrimaryTaskSetCommandOutput
> = (ctx, input) => {
  const { service } = requireExternalService(ctx, input);
  const row = requireTaskSet(ctx.store, service, input.primaryTaskSet);
  if (row.status === 'DRAINING') throw invalidParameter('The task set is DRAINING and can not become the primary one.');
  const nowMs = ctx.clock.now();
  const primary = ctx.store.transact((tx) => {
    for (const other of [...tx.find(taskSets, 'byService', service.arn)]) {
      if (other.status !== 'PRIMARY' || other.id === row.id) continue;
      tx.put(taskSets, { ...other, status: 'ACTIVE', updatedAt: nowMs });
    }
    tx.put(services, { ...service, taskDefinitionArn: row.taskDefinitionArn });
    return tx.put(taskSets, { ...row, status: 'PRIMARY' as const, updatedAt: nowMs });
  });
  return { taskSet: viewTaskSet(ctx.store, service, primary, true) };
};

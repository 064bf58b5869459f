import type { DeregisterTaskDefinitionCommandInput, DeregisterTaskDefinitionCommandOutput } from '@aws-sdk/client-ecs';
import { taskDefinitions } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { requireRevision } from '../resolve-task-definition.ts';
import { viewTaskDefinition } from '../views/task-definition.ts';

/**
 * Tasks and services that use the revision go on. A revision that is not ACTIVE is answered as it is.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeregisterTaskDefinition.html
 */
export const DeregisterTaskDefinition: EcsOperation<
  DeregisterTaskDefinitionCommandInput,
  DeregisterTaskDefinitionCommandOutput
> = (ctx, input) => {
  const row = ctx.store.transact((tx) => {
    const found = requireRevision(tx, ctx, input.taskDefinition);
    if (found.status !== 'ACTIVE') return found;
    return tx.put(taskDefinitions, { ...found, status: 'INACTIVE', deregisteredAt: ctx.clock.now() });
  });
  return { taskDefinition: viewTaskDefinition(row) };
};

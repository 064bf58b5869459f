import type {
  DeregisterContainerInstanceCommandInput,
  DeregisterContainerInstanceCommandOutput,
} from '@aws-sdk/client-ecs';
import { loseTask } from '#model/task-transition.ts';
import { containerInstances, tasks } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { invalidParameter } from '../errors.ts';
import { requireCluster } from '../resolve.ts';
import { requireContainerInstance } from '../resolve-container-instance.ts';
import { viewContainerInstance } from '../views/container-instance.ts';

/**
 * The instance becomes INACTIVE at once. With `force` its tasks go STOPPED here, so that services replace them; the
 * containers on the host are no longer accounted for and go on until somebody stops them.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeregisterContainerInstance.html
 */
export const DeregisterContainerInstance: EcsOperation<
  DeregisterContainerInstanceCommandInput,
  DeregisterContainerInstanceCommandOutput
> = (ctx, input) => {
  const cluster = requireCluster(ctx.store, ctx, input.cluster);
  const row = ctx.store.transact((tx) => {
    const instance = requireContainerInstance(tx, ctx, cluster, input.containerInstance);
    const live = [...tx.find(tasks, 'liveByContainerInstance', instance.arn)];
    if (live.length > 0 && !input.force) throw invalidParameter('Found running tasks on the instance.');
    const nowMs = ctx.clock.now();
    const reason = 'Container instance deregistration forced by user';
    for (const task of live) tx.put(tasks, loseTask(task, { stopCode: 'UserInitiated', reason, nowMs }));
    return tx.put(containerInstances, {
      ...instance,
      status: 'INACTIVE',
      statusReason: input.force && live.length > 0 ? reason : undefined,
      agentConnected: false,
      agentConnectionChangedAt: instance.agentConnected ? nowMs : instance.agentConnectionChangedAt,
      version: instance.version + 1,
    });
  });
  return { containerInstance: viewContainerInstance(ctx.store, row, new Set(['TAGS'])) };
};

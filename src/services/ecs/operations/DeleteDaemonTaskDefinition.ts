import type {
  DeleteDaemonTaskDefinitionCommandInput,
  DeleteDaemonTaskDefinitionCommandOutput,
} from '@aws-sdk/client-ecs';
import { daemons, taskDefinitions, tasks } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { clientException } from '../errors.ts';
import { requireDaemonTaskDefinition } from '../resolve-daemon.ts';

/**
 * DELETE_IN_PROGRESS while a daemon or a task uses the revision, then DELETED, then gone.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteDaemonTaskDefinition.html
 */
export const DeleteDaemonTaskDefinition: EcsOperation<
  DeleteDaemonTaskDefinitionCommandInput,
  DeleteDaemonTaskDefinitionCommandOutput
> = (ctx, input) => {
  const name = input.daemonTaskDefinition ?? '';
  if (name && !/:\d+$/.test(name)) throw clientException('Revision is missing.');
  const arn = ctx.store.transact((tx) => {
    const row = requireDaemonTaskDefinition(tx, ctx, name);
    if (row.status !== 'ACTIVE') return row.arn;
    const nowMs = ctx.clock.now();
    const isUsed = tx.count(daemons, 'byTaskDefinition', row.arn) + tx.count(tasks, 'byTaskDefinition', row.arn) > 0;
    tx.put(taskDefinitions, {
      ...row,
      status: 'DELETE_IN_PROGRESS',
      deleteRequestedAt: nowMs,
      ...(!isUsed && { deletedAt: nowMs }),
    });
    return row.arn;
  });
  return { daemonTaskDefinitionArn: arn };
};

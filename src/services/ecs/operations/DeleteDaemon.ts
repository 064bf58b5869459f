import type { DeleteDaemonCommandInput, DeleteDaemonCommandOutput } from '@aws-sdk/client-ecs';
import { daemonDeployments, daemonRevisions, daemons } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { beginDaemonDeployment } from '../daemon-deployments.ts';
import { requireActiveDaemon } from '../resolve-daemon.ts';

/**
 * DELETE_IN_PROGRESS until a last deployment has stopped all tasks, then gone.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteDaemon.html
 */
export const DeleteDaemon: EcsOperation<DeleteDaemonCommandInput, DeleteDaemonCommandOutput> = (ctx, input) => {
  const row = ctx.store.transact((tx) => {
    const before = requireActiveDaemon(tx, ctx, input.daemonArn);
    const revision = tx.get(daemonRevisions, before.revisionArn)!;
    const { configuration } = tx.get(daemonDeployments, before.deploymentArn)!;
    const deployment = beginDaemonDeployment(tx, ctx, before, revision, configuration, before);
    return tx.put(daemons, {
      ...before,
      status: 'DELETE_IN_PROGRESS',
      deploymentArn: deployment.arn,
      updatedAt: ctx.clock.now(),
    });
  });
  return {
    daemonArn: row.arn,
    status: row.status,
    createdAt: new Date(row.createdAt),
    updatedAt: new Date(row.updatedAt),
    deploymentArn: row.deploymentArn,
  };
};

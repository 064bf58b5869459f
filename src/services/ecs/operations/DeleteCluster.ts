import type { DeleteClusterCommandInput, DeleteClusterCommandOutput } from '@aws-sdk/client-ecs';
import { ServiceError } from '#protocol/service.ts';
import { clusters, containerInstances, daemons, services, tasks } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { clientException } from '../errors.ts';
import { requireCluster } from '../resolve.ts';
import { changedClusterFields, viewCluster } from '../views/cluster.ts';

/**
 * The cluster becomes INACTIVE and can be described for a while longer.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteCluster.html
 */
export const DeleteCluster: EcsOperation<DeleteClusterCommandInput, DeleteClusterCommandOutput> = (ctx, input) => {
  const row = ctx.store.transact((tx) => {
    const cluster = requireCluster(tx, ctx, input.cluster);
    if (tx.sum(services, 'byCluster', cluster.arn)['active']! > 0) {
      throw new ServiceError(
        'ClusterContainsServicesException',
        'The Cluster cannot be deleted while Services are active.',
      );
    }
    if (tx.count(daemons, 'byCluster', cluster.arn) > 0) {
      throw clientException('The Cluster cannot be deleted while Daemons are active.');
    }
    if (tx.sum(containerInstances, 'byCluster', cluster.arn)['registered']! > 0) {
      throw new ServiceError(
        'ClusterContainsContainerInstancesException',
        'The Cluster cannot be deleted while Container Instances are active or draining.',
      );
    }
    const { pending, running } = tx.sum(tasks, 'byCluster', cluster.arn);
    if (pending! + running! > 0) {
      throw new ServiceError('ClusterContainsTasksException', 'The Cluster cannot be deleted while Tasks are active.');
    }
    return tx.put(clusters, { ...cluster, status: 'INACTIVE', inactiveAt: ctx.clock.now() });
  });
  return { cluster: viewCluster(ctx.store, row, changedClusterFields) };
};

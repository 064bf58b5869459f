import type { DeleteCapacityProviderCommandInput, DeleteCapacityProviderCommandOutput } from '@aws-sdk/client-ecs';
import { scopeKey } from '#model/arn.ts';
import type { CapacityProviderRow } from '#model/capacity-provider.ts';
import { capacityProviders, clusters } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { invalidParameter } from '../errors.ts';
import { checkUnchanging } from '../resolve-capacity-provider.ts';
import { viewCapacityProvider } from '../views/capacity-provider.ts';

/**
 * DELETE_IN_PROGRESS, then INACTIVE; one that a cluster is associated with stays ACTIVE and is DELETE_FAILED at once.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteCapacityProvider.html
 */
export const DeleteCapacityProvider: EcsOperation<
  DeleteCapacityProviderCommandInput,
  DeleteCapacityProviderCommandOutput
> = (ctx, input) => {
  if (!input.capacityProvider) throw invalidParameter('CapacityProvider can not be blank.');
  if (input.cluster) {
    throw invalidParameter('A cluster can only be specified for a capacity provider of Amazon ECS Managed Instances.');
  }
  const row = ctx.store.transact((tx) => {
    const { updateStatusReason: _, ...current } = checkUnchanging(tx, ctx, input.capacityProvider!);
    const [cluster] = tx.find(clusters, 'byCapacityProvider', `${scopeKey(current)}/${current.name}`);
    const next: CapacityProviderRow = cluster
      ? {
          ...current,
          updateStatus: 'DELETE_FAILED',
          updateStatusReason: `The capacity provider cannot be deleted because it is associated with cluster: ${cluster.name}. Remove the capacity provider from the cluster and try again.`,
        }
      : { ...current, updateStatus: 'DELETE_IN_PROGRESS' };
    return tx.put(capacityProviders, next);
  });
  return { capacityProvider: viewCapacityProvider(row) };
};

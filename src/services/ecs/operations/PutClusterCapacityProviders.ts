import type {
  PutClusterCapacityProvidersCommandInput,
  PutClusterCapacityProvidersCommandOutput,
} from '@aws-sdk/client-ecs';
import { clusters } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { requireCluster } from '../resolve.ts';
import { checkCapacityProviders, checkDefaultStrategy, checkNotInUse } from '../validate/capacity-providers.ts';
import { changedClusterFields, viewCluster } from '../views/cluster.ts';

/**
 * Replaces both lists. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PutClusterCapacityProviders.html
 */
export const PutClusterCapacityProviders: EcsOperation<
  PutClusterCapacityProvidersCommandInput,
  PutClusterCapacityProvidersCommandOutput
> = (ctx, input) => {
  const capacityProviders = checkCapacityProviders(ctx.store, ctx, input.capacityProviders ?? []);
  const defaultCapacityProviderStrategy = checkDefaultStrategy(
    input.defaultCapacityProviderStrategy ?? [],
    capacityProviders,
  );
  const row = ctx.store.transact((tx) => {
    const cluster = requireCluster(tx, ctx, input.cluster);
    const removed = cluster.capacityProviders.filter((name) => !capacityProviders.includes(name));
    checkNotInUse(tx, cluster, removed);
    return tx.put(clusters, { ...cluster, capacityProviders, defaultCapacityProviderStrategy });
  });
  return { cluster: viewCluster(ctx.store, row, changedClusterFields) };
};

import type { UpdateClusterCommandInput, UpdateClusterCommandOutput } from '@aws-sdk/client-ecs';
import { clusters } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { requireCluster } from '../resolve.ts';
import { checkConfiguration, checkServiceConnectDefaults, checkSettings, mergeSettings } from '../validate/cluster.ts';
import { changedClusterFields, viewCluster } from '../views/cluster.ts';

/**
 * What is absent stays as it is. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateCluster.html
 */
export const UpdateCluster: EcsOperation<UpdateClusterCommandInput, UpdateClusterCommandOutput> = (ctx, input) => {
  const settings = checkSettings(input.settings ?? []);
  const configuration = input.configuration && checkConfiguration(input.configuration);
  checkServiceConnectDefaults(input.serviceConnectDefaults);
  const row = ctx.store.transact((tx) => {
    const cluster = requireCluster(tx, ctx, input.cluster);
    return tx.put(clusters, {
      ...cluster,
      settings: mergeSettings(cluster.settings, settings),
      ...(configuration && { configuration }),
    });
  });
  return { cluster: viewCluster(ctx.store, row, changedClusterFields) };
};

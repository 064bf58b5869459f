import type { UpdateClusterSettingsCommandInput, UpdateClusterSettingsCommandOutput } from '@aws-sdk/client-ecs';
import { clusters } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { requireCluster } from '../resolve.ts';
import { checkSettings, mergeSettings } from '../validate/cluster.ts';
import { changedClusterFields, viewCluster } from '../views/cluster.ts';

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateClusterSettings.html */
export const UpdateClusterSettings: EcsOperation<
  UpdateClusterSettingsCommandInput,
  UpdateClusterSettingsCommandOutput
> = (ctx, input) => {
  const settings = checkSettings(input.settings ?? []);
  const row = ctx.store.transact((tx) => {
    const cluster = requireCluster(tx, ctx, input.cluster);
    return tx.put(clusters, { ...cluster, settings: mergeSettings(cluster.settings, settings) });
  });
  return { cluster: viewCluster(ctx.store, row, changedClusterFields) };
};

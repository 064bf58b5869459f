import type { CreateClusterCommandInput, CreateClusterCommandOutput } from '@aws-sdk/client-ecs';
import { ensureServiceLinkedRole } from '#auth/service-linked-roles.ts';
import { clusterArn, scopeKey } from '#model/arn.ts';
import { clusters } from '#store/tables/ecs.ts';
import { effectiveSetting } from '../account-settings.ts';
import type { EcsOperation } from '../context.ts';
import { enforceQuota } from '../quotas.ts';
import { newTags } from '../tags.ts';
import { checkCapacityProviders, checkDefaultStrategy } from '../validate/capacity-providers.ts';
import {
  checkClusterName,
  checkConfiguration,
  checkServiceConnectDefaults,
  checkSettings,
} from '../validate/cluster.ts';
import { changedClusterFields, viewCluster } from '../views/cluster.ts';

/**
 * Answers the cluster that has the name already, unchanged, when there is an ACTIVE one; an INACTIVE one is begun anew.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateCluster.html
 */
export const CreateCluster: EcsOperation<CreateClusterCommandInput, CreateClusterCommandOutput> = (ctx, input) => {
  const name = checkClusterName(input.clusterName ?? 'default');
  const given = checkSettings(input.settings ?? []);
  const configuration = input.configuration && checkConfiguration(input.configuration);
  checkServiceConnectDefaults(input.serviceConnectDefaults);
  const tags = newTags(input.tags);
  const scope = { account: ctx.account, region: ctx.region };
  const capacityProviders = checkCapacityProviders(ctx.store, scope, input.capacityProviders ?? []);
  const strategy = checkDefaultStrategy(input.defaultCapacityProviderStrategy ?? [], capacityProviders);
  const row = ctx.store.transact((tx) => {
    const existing = tx.get(clusters, clusterArn(scope, name));
    if (existing && existing.status !== 'INACTIVE') return existing;
    enforceQuota(ctx, 'clusters-per-region', tx.sum(clusters, 'byScope', scopeKey(scope))['active']! + 1);
    ensureServiceLinkedRole(tx, ctx, ctx.account, 'ecs.amazonaws.com');
    const containerInsights = effectiveSetting(tx, scope, ctx.principal.arn, 'containerInsights').value;
    return tx.put(clusters, {
      ...scope,
      arn: clusterArn(scope, name),
      name,
      status: 'ACTIVE',
      createdAt: ctx.clock.now(),
      settings: given.length > 0 ? given : [{ name: 'containerInsights', value: containerInsights }],
      ...(configuration && { configuration }),
      capacityProviders,
      defaultCapacityProviderStrategy: strategy,
      tags,
    });
  });
  return { cluster: viewCluster(ctx.store, row, changedClusterFields) };
};

import type { ListDaemonsCommandInput, ListDaemonsCommandOutput } from '@aws-sdk/client-ecs';
import { daemons } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { paginate } from '../pagination.ts';
import { requireCluster } from '../resolve.ts';
import { capacityProviderName } from '../resolve-capacity-provider.ts';

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListDaemons.html (1 to 100, default 100) */
export const ListDaemons: EcsOperation<ListDaemonsCommandInput, ListDaemonsCommandOutput> = (ctx, input) => {
  const cluster = requireCluster(ctx.store, ctx, input.clusterArn);
  const names = input.capacityProviderArns?.map((arn) => capacityProviderName(ctx, arn)) ?? [];
  const page = paginate({
    request: input,
    walk: (after) => ctx.store.find(daemons, 'byCluster', cluster.arn, after),
    key: (row) => row.arn,
    keep: (row) => names.length === 0 || row.capacityProviders.some((name) => names.includes(name)),
    toItem: (row) => ({
      daemonArn: row.arn as string,
      status: row.status,
      createdAt: new Date(row.createdAt),
      updatedAt: new Date(row.updatedAt),
    }),
  });
  return { daemonSummariesList: page.items, ...(page.nextToken && { nextToken: page.nextToken }) };
};

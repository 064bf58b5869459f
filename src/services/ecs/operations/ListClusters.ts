import type { ListClustersCommandInput, ListClustersCommandOutput } from '@aws-sdk/client-ecs';
import { scopeKey } from '#model/arn.ts';
import { clusters } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { paginate } from '../pagination.ts';

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListClusters.html */
export const ListClusters: EcsOperation<ListClustersCommandInput, ListClustersCommandOutput> = (ctx, input) => {
  const page = paginate({
    request: input,
    walk: (after) => ctx.store.find(clusters, 'byScope', scopeKey(ctx), after),
    key: (row) => row.arn,
    keep: (row) => row.status !== 'INACTIVE',
    toItem: (row) => row.arn as string,
  });
  return { clusterArns: page.items, ...(page.nextToken && { nextToken: page.nextToken }) };
};

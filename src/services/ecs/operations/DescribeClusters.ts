import type {
  Cluster,
  DescribeClustersCommandInput,
  DescribeClustersCommandOutput,
  Failure,
} from '@aws-sdk/client-ecs';
import { clusters } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { invalidParameter } from '../errors.ts';
import { toClusterArn } from '../resolve.ts';
import { viewCluster } from '../views/cluster.ts';

const fields = ['ATTACHMENTS', 'CONFIGURATIONS', 'SETTINGS', 'STATISTICS', 'TAGS'] as const;

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeClusters.html (up to 100 clusters) */
export const DescribeClusters: EcsOperation<DescribeClustersCommandInput, DescribeClustersCommandOutput> = (
  ctx,
  input,
) => {
  const names = input.clusters && input.clusters.length > 0 ? input.clusters : ['default'];
  if (names.length > 100) throw invalidParameter('Clusters cannot have more than 100 elements.');
  for (const field of input.include ?? []) {
    if (!fields.includes(field)) throw invalidParameter(`Invalid include value: ${field}.`);
  }
  const include = new Set(input.include);
  const found: Cluster[] = [];
  const failures: Failure[] = [];
  for (const arn of new Set(names.map((name) => toClusterArn(ctx, name)))) {
    const row = ctx.store.get(clusters, arn);
    if (row && row.account === ctx.account && row.region === ctx.region) {
      found.push(viewCluster(ctx.store, row, include));
    } else {
      failures.push({ arn, reason: 'MISSING' });
    }
  }
  return { clusters: found, failures };
};

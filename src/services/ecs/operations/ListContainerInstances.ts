import type { ListContainerInstancesCommandInput, ListContainerInstancesCommandOutput } from '@aws-sdk/client-ecs';
import { containerInstances } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { invalidParameter } from '../errors.ts';
import { instanceFilter } from '../instance-filter.ts';
import { paginate } from '../pagination.ts';
import { requireCluster } from '../resolve.ts';

const statuses = ['ACTIVE', 'DRAINING', 'REGISTERING', 'DEREGISTERING', 'REGISTRATION_FAILED'] as const;

/**
 * Without a status: every instance that is not INACTIVE.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListContainerInstances.html (1 to 100, default 100)
 */
export const ListContainerInstances: EcsOperation<
  ListContainerInstancesCommandInput,
  ListContainerInstancesCommandOutput
> = (ctx, input) => {
  const cluster = requireCluster(ctx.store, ctx, input.cluster);
  const { status, filter } = input;
  if (status !== undefined && !statuses.includes(status)) {
    throw invalidParameter('Container instances status should be one of [ACTIVE, DRAINING]');
  }
  const matches = filter ? instanceFilter(ctx.store, filter) : () => true;
  const page = paginate({
    request: input,
    walk: (after) => ctx.store.find(containerInstances, 'byCluster', cluster.arn, after),
    key: (row) => row.arn,
    keep: (row) => (status === undefined ? row.status !== 'INACTIVE' : row.status === status) && matches(row),
    toItem: (row) => row.arn as string,
  });
  return { containerInstanceArns: page.items, ...(page.nextToken !== undefined && { nextToken: page.nextToken }) };
};

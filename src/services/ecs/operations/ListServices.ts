import type { ListServicesCommandInput, ListServicesCommandOutput } from '@aws-sdk/client-ecs';
import type { ServiceRow } from '#model/rows.ts';
import { services } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { paginate } from '../pagination.ts';
import { requireCluster } from '../resolve.ts';
import { checkSchedulingStrategy } from '../validate/schedulers.ts';

/** Ten a page unless asked otherwise. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListServices.html */
export const ListServices: EcsOperation<ListServicesCommandInput, ListServicesCommandOutput> = (ctx, input) => {
  const cluster = requireCluster(ctx.store, ctx, input.cluster);
  const { launchType, schedulingStrategy } = input;
  checkSchedulingStrategy(schedulingStrategy);
  const page = paginate({
    request: { ...input, maxResults: input.maxResults ?? 10 },
    walk: (after) => ctx.store.find(services, 'byCluster', cluster.arn, after),
    key: (row: ServiceRow) => row.arn,
    keep: (row) =>
      row.status !== 'INACTIVE' &&
      (launchType === undefined || row.launchType === launchType) &&
      (schedulingStrategy === undefined || row.schedulingStrategy === schedulingStrategy) &&
      (input.resourceManagementType === undefined || input.resourceManagementType === 'CUSTOMER'),
    toItem: (row) => row.arn as string,
  });
  return { serviceArns: page.items, ...(page.nextToken && { nextToken: page.nextToken }) };
};

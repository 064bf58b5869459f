import type { ListServiceDeploymentsCommandInput, ListServiceDeploymentsCommandOutput } from '@aws-sdk/client-ecs';
import type { ServiceDeploymentRow, ServiceDeploymentStatus } from '#model/service-deployment.ts';
import { serviceDeployments } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { invalidParameter, serviceNotFound } from '../errors.ts';
import { paginate } from '../pagination.ts';
import { requireCluster } from '../resolve.ts';
import { requireService } from '../resolve-service.ts';
import { viewServiceDeploymentBrief } from '../views/service-deployment.ts';

const statuses: ReadonlySet<string> = new Set<ServiceDeploymentStatus>([
  'PENDING',
  'IN_PROGRESS',
  'SUCCESSFUL',
  'STOP_REQUESTED',
  'STOPPED',
  'ROLLBACK_REQUESTED',
  'ROLLBACK_IN_PROGRESS',
  'ROLLBACK_SUCCESSFUL',
  'ROLLBACK_FAILED',
]);

/**
 * Newest first, 20 a page unless asked otherwise.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListServiceDeployments.html
 */
export const ListServiceDeployments: EcsOperation<
  ListServiceDeploymentsCommandInput,
  ListServiceDeploymentsCommandOutput
> = (ctx, input) => {
  for (const status of input.status ?? []) {
    if (!statuses.has(status)) throw invalidParameter(`Invalid status: ${status}.`);
  }
  const after = input.createdAt?.after?.getTime() ?? Number.NEGATIVE_INFINITY;
  const before = input.createdAt?.before?.getTime() ?? Number.POSITIVE_INFINITY;
  const wanted = input.status?.length ? new Set<string>(input.status) : statuses;
  const cluster = requireCluster(ctx.store, ctx, input.cluster);
  const service = requireService(ctx.store, ctx, cluster, input.service);
  if (service.status === 'INACTIVE') throw serviceNotFound();
  const page = paginate({
    request: { ...input, maxResults: input.maxResults ?? 20 },
    walk: (last) => ctx.store.find(serviceDeployments, 'byService', service.arn, last),
    key: (row: ServiceDeploymentRow) => row.arn,
    keep: (row) => wanted.has(row.status) && row.createdAt >= after && row.createdAt <= before,
    toItem: viewServiceDeploymentBrief,
  });
  return { serviceDeployments: page.items, ...(page.nextToken && { nextToken: page.nextToken }) };
};

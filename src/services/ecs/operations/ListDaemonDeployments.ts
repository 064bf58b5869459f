import type { ListDaemonDeploymentsCommandInput, ListDaemonDeploymentsCommandOutput } from '@aws-sdk/client-ecs';
import { daemonDeploymentStatuses } from '#model/daemon.ts';
import { daemonDeployments } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { invalidParameter } from '../errors.ts';
import { paginate } from '../pagination.ts';
import { requireDaemon } from '../resolve-daemon.ts';
import { viewDaemonDeploymentSummary } from '../views/daemon.ts';

const defaultResults = 20;

/** Newest first. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListDaemonDeployments.html */
export const ListDaemonDeployments: EcsOperation<
  ListDaemonDeploymentsCommandInput,
  ListDaemonDeploymentsCommandOutput
> = (ctx, input) => {
  const daemon = requireDaemon(ctx.store, ctx, input.daemonArn);
  for (const status of input.status ?? []) {
    if (!(daemonDeploymentStatuses as readonly string[]).includes(status)) {
      throw invalidParameter(`unknown status should be one of '${daemonDeploymentStatuses.join("','")}'`);
    }
  }
  const { before, after: since } = input.createdAt ?? {};
  if (before && since && before <= since)
    throw invalidParameter('createdAt.before must be later than createdAt.after.');
  const page = paginate({
    request: { ...input, maxResults: input.maxResults ?? defaultResults },
    walk: (after) => ctx.store.find(daemonDeployments, 'byDaemon', daemon.arn, after),
    key: (row) => row.arn,
    keep: (row) =>
      (!input.status?.length || (input.status as readonly string[]).includes(row.status)) &&
      (before === undefined || row.createdAt < before.getTime()) &&
      (since === undefined || row.createdAt > since.getTime()),
    toItem: viewDaemonDeploymentSummary,
  });
  return { daemonDeployments: page.items, ...(page.nextToken && { nextToken: page.nextToken }) };
};

import type {
  DescribeDaemonDeploymentsCommandInput,
  DescribeDaemonDeploymentsCommandOutput,
} from '@aws-sdk/client-ecs';
import { daemonDeployments } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { checkArns, isInScope } from '../resolve-service-deployment.ts';
import { viewDaemonDeployment } from '../views/daemon.ts';

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeDaemonDeployments.html (up to 20) */
export const DescribeDaemonDeployments: EcsOperation<
  DescribeDaemonDeploymentsCommandInput,
  DescribeDaemonDeploymentsCommandOutput
> = (ctx, input) => {
  const arns = checkArns(input.daemonDeploymentArns, 'Daemon Deployment Arns', 'daemon-deployment');
  const found = arns.map((arn) => ({
    arn,
    row: isInScope(ctx, arn) ? ctx.store.get(daemonDeployments, arn) : undefined,
  }));
  return {
    daemonDeployments: found.flatMap(({ row }) => (row ? [viewDaemonDeployment(ctx.store, row)] : [])),
    failures: found.flatMap(({ arn, row }) => (row ? [] : [{ arn, reason: 'MISSING' }])),
  };
};

import type {
  DescribeServiceDeploymentsCommandInput,
  DescribeServiceDeploymentsCommandOutput,
  Failure,
  ServiceDeployment,
} from '@aws-sdk/client-ecs';
import { serviceDeployments } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { checkArns, isInScope } from '../resolve-service-deployment.ts';
import { viewServiceDeployment } from '../views/service-deployment.ts';

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServiceDeployments.html (up to 20) */
export const DescribeServiceDeployments: EcsOperation<
  DescribeServiceDeploymentsCommandInput,
  DescribeServiceDeploymentsCommandOutput
> = (ctx, input) => {
  const found: ServiceDeployment[] = [];
  const failures: Failure[] = [];
  for (const arn of checkArns(input.serviceDeploymentArns, 'serviceDeploymentArns', 'service-deployment')) {
    const row = isInScope(ctx, arn) ? ctx.store.get(serviceDeployments, arn) : undefined;
    if (row) found.push(viewServiceDeployment(ctx.store, row));
    else failures.push({ arn, reason: 'MISSING' });
  }
  return { serviceDeployments: found, failures };
};

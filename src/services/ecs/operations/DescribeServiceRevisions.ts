import type {
  DescribeServiceRevisionsCommandInput,
  DescribeServiceRevisionsCommandOutput,
  Failure,
  ServiceRevision,
} from '@aws-sdk/client-ecs';
import { serviceRevisions } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { checkArns, isInScope } from '../resolve-service-deployment.ts';
import { viewServiceRevision } from '../views/service-deployment.ts';

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServiceRevisions.html (up to 20) */
export const DescribeServiceRevisions: EcsOperation<
  DescribeServiceRevisionsCommandInput,
  DescribeServiceRevisionsCommandOutput
> = (ctx, input) => {
  const found: ServiceRevision[] = [];
  const failures: Failure[] = [];
  for (const arn of checkArns(input.serviceRevisionArns, 'serviceRevisionArns', 'service-revision')) {
    const row = isInScope(ctx, arn) ? ctx.store.get(serviceRevisions, arn) : undefined;
    if (row) found.push(viewServiceRevision(row));
    else failures.push({ arn, reason: 'MISSING' });
  }
  return { serviceRevisions: found, failures };
};

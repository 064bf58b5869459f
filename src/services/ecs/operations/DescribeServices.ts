import type {
  DescribeServicesCommandInput,
  DescribeServicesCommandOutput,
  Failure,
  Service,
} from '@aws-sdk/client-ecs';
import type { EcsOperation } from '../context.ts';
import { invalidParameter } from '../errors.ts';
import { requireCluster } from '../resolve.ts';
import { findService, toServiceArn } from '../resolve-service.ts';
import { viewService } from '../views/service.ts';

const maxServices = 10;

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html (up to 10 services) */
export const DescribeServices: EcsOperation<DescribeServicesCommandInput, DescribeServicesCommandOutput> = (
  ctx,
  input,
) => {
  const names = input.services ?? [];
  if (names.length === 0) throw invalidParameter('Services cannot be empty.');
  if (names.length > maxServices) throw invalidParameter(`Services cannot have more than ${maxServices} elements.`);
  for (const field of input.include ?? []) {
    if (field !== 'TAGS') throw invalidParameter(`Invalid include value: ${field}.`);
  }
  const cluster = requireCluster(ctx.store, ctx, input.cluster);
  const include = new Set(input.include);
  const found: Service[] = [];
  const failures: Failure[] = [];
  for (const name of new Set(names)) {
    const row = findService(ctx.store, ctx, cluster, name);
    if (row) found.push(viewService(ctx.store, row, include));
    else failures.push({ arn: toServiceArn(ctx, cluster, name), reason: 'MISSING' });
  }
  return { services: found, failures };
};

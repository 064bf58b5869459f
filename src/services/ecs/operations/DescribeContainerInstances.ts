import type {
  ContainerInstance,
  DescribeContainerInstancesCommandInput,
  DescribeContainerInstancesCommandOutput,
  Failure,
} from '@aws-sdk/client-ecs';
import type { EcsOperation } from '../context.ts';
import { invalidParameter } from '../errors.ts';
import { requireCluster } from '../resolve.ts';
import { findContainerInstance, toContainerInstanceArn } from '../resolve-container-instance.ts';
import { viewContainerInstance } from '../views/container-instance.ts';

const fields = ['TAGS', 'CONTAINER_INSTANCE_HEALTH'] as const;

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeContainerInstances.html (up to 100) */
export const DescribeContainerInstances: EcsOperation<
  DescribeContainerInstancesCommandInput,
  DescribeContainerInstancesCommandOutput
> = (ctx, input) => {
  const cluster = requireCluster(ctx.store, ctx, input.cluster);
  const ids = input.containerInstances ?? [];
  if (ids.length === 0) throw invalidParameter('Container Instances cannot be empty.');
  if (ids.length > 100) throw invalidParameter('Container Instances cannot have more than 100 elements.');
  for (const field of input.include ?? []) {
    if (!fields.includes(field as (typeof fields)[number])) throw invalidParameter(`Invalid include value: ${field}.`);
  }
  const include = new Set(input.include);
  const found: ContainerInstance[] = [];
  const failures: Failure[] = [];
  for (const id of new Set(ids)) {
    const row = findContainerInstance(ctx.store, ctx, cluster, id);
    if (row) found.push(viewContainerInstance(ctx.store, row, include));
    else failures.push({ arn: toContainerInstanceArn(ctx, cluster, id), reason: 'MISSING' });
  }
  return { containerInstances: found, failures };
};

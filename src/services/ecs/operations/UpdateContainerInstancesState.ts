import type {
  ContainerInstance,
  Failure,
  UpdateContainerInstancesStateCommandInput,
  UpdateContainerInstancesStateCommandOutput,
} from '@aws-sdk/client-ecs';
import { containerInstances } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { invalidParameter } from '../errors.ts';
import { requireCluster } from '../resolve.ts';
import { findContainerInstance, toContainerInstanceArn } from '../resolve-container-instance.ts';
import { viewContainerInstance } from '../views/container-instance.ts';

/**
 * ACTIVE or DRAINING; the service scheduler moves tasks away from what drains.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateContainerInstancesState.html (up to 10)
 */
export const UpdateContainerInstancesState: EcsOperation<
  UpdateContainerInstancesStateCommandInput,
  UpdateContainerInstancesStateCommandOutput
> = (ctx, input) => {
  const cluster = requireCluster(ctx.store, ctx, input.cluster);
  const { status } = input;
  if (status !== 'ACTIVE' && status !== 'DRAINING') {
    throw invalidParameter('Container instances status should be one of [ACTIVE, DRAINING]');
  }
  const ids = input.containerInstances ?? [];
  if (ids.length === 0) throw invalidParameter('Container Instances cannot be empty.');
  if (ids.length > 10) throw invalidParameter('Container Instances cannot have more than 10 elements.');
  const updated: string[] = [];
  const failures: Failure[] = [];
  ctx.store.transact((tx) => {
    for (const id of new Set(ids)) {
      const row = findContainerInstance(tx, ctx, cluster, id);
      if (!row) {
        failures.push({ arn: toContainerInstanceArn(ctx, cluster, id), reason: 'MISSING' });
      } else if (row.status !== 'ACTIVE' && row.status !== 'DRAINING') {
        failures.push({ arn: row.arn, reason: 'INACTIVE' });
      } else {
        // What somebody asks for holds, also where a daemon had it drained.
        const { drainedForDaemon, statusReason: _, ...rest } = row;
        const isNews = row.status !== status || drainedForDaemon !== undefined;
        if (isNews) tx.put(containerInstances, { ...rest, status, version: row.version + 1 });
        updated.push(row.arn);
      }
    }
  });
  const views: ContainerInstance[] = updated.map((arn) =>
    viewContainerInstance(ctx.store, ctx.store.get(containerInstances, arn)!),
  );
  return { containerInstances: views, failures };
};

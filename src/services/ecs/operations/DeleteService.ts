import type { DeleteServiceCommandInput, DeleteServiceCommandOutput } from '@aws-sdk/client-ecs';
import type { ServiceRow } from '#model/rows.ts';
import { drainingSet } from '#model/task-set.ts';
import { services, taskSets } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { invalidParameter, serviceNotFound } from '../errors.ts';
import { requireCluster } from '../resolve.ts';
import { requireService } from '../resolve-service.ts';
import { viewService } from '../views/service.ts';

function draining(row: ServiceRow, nowMs: number): ServiceRow {
  const deployments = row.deployments.map((deployment) => ({ ...deployment, desiredCount: 0, updatedAt: nowMs }));
  return { ...row, status: 'DRAINING', desiredCount: 0, deployments };
}

/**
 * The service is DRAINING until its tasks have stopped, then INACTIVE; its task sets go with it.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteService.html
 */
export const DeleteService: EcsOperation<DeleteServiceCommandInput, DeleteServiceCommandOutput> = (ctx, input) => {
  const cluster = requireCluster(ctx.store, ctx, input.cluster);
  const row = requireService(ctx.store, ctx, cluster, input.service);
  if (row.status === 'INACTIVE') throw serviceNotFound();
  if (row.status === 'DRAINING') return { service: viewService(ctx.store, row) };
  if (row.schedulingStrategy === 'REPLICA' && row.desiredCount > 0 && !input.force) {
    throw invalidParameter('The service cannot be stopped while it is scaled above 0.');
  }
  const nowMs = ctx.clock.now();
  const next = ctx.store.transact((tx) => {
    for (const set of [...tx.find(taskSets, 'byService', row.arn)]) tx.put(taskSets, drainingSet(set, nowMs));
    return tx.put(services, draining(row, nowMs));
  });
  return { service: viewService(ctx.store, next) };
};

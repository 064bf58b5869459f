import type { UpdateServiceCommandInput, UpdateServiceCommandOutput } from '@aws-sdk/client-ecs';
import { decimalId } from '#lib/ids.ts';
import { newDeployment, withPrimary } from '#model/deployment.ts';
import type { DeploymentRow, ServiceRow } from '#model/rows.ts';
import { services, taskDefinitions } from '#store/tables/ecs.ts';
import type { EcsContext, EcsOperation } from '../context.ts';
import { serviceNotActive } from '../errors.ts';
import { requireLaunchable } from '../launch-request.ts';
import { enforceQuota } from '../quotas.ts';
import { requireCluster } from '../resolve.ts';
import { requireService } from '../resolve-service.ts';
import { beginServiceDeployment } from '../service-deployments.ts';
import { withRebalancing } from '../validate/rebalancing.ts';
import { checkSchedulerUpdate } from '../validate/schedulers.ts';
import {
  checkConstraints,
  checkDeploymentConfiguration,
  checkDesiredCount,
  checkStrategies,
  refuseUnsupported,
} from '../validate/service.ts';
import { viewService } from '../views/service.ts';

/** A new desired count is the PRIMARY deployment's from now on; it begins nothing new. */
function rescale(deployments: readonly DeploymentRow[], desiredCount: number, nowMs: number): DeploymentRow[] {
  return deployments.map((deployment) =>
    deployment.status === 'PRIMARY' && deployment.desiredCount !== desiredCount
      ? { ...deployment, desiredCount, updatedAt: nowMs }
      : deployment,
  );
}

function changed(ctx: EcsContext, row: ServiceRow, input: UpdateServiceCommandInput): ServiceRow {
  const nowMs = ctx.clock.now();
  const desiredCount =
    input.desiredCount === undefined ? row.desiredCount : checkDesiredCount(input.desiredCount, 'Task count');
  const taskDefinitionArn = input.taskDefinition
    ? requireLaunchable(ctx.store, ctx, input.taskDefinition, row.launchType ?? 'EC2').arn
    : row.taskDefinitionArn;
  const updated: ServiceRow = {
    ...row,
    desiredCount,
    ...(taskDefinitionArn !== undefined && { taskDefinitionArn }),
    deploymentConfiguration: input.deploymentConfiguration
      ? checkDeploymentConfiguration(input.deploymentConfiguration, row.deploymentConfiguration)
      : row.deploymentConfiguration,
    placementConstraints: input.placementConstraints
      ? checkConstraints(input.placementConstraints)
      : row.placementConstraints,
    placementStrategy: input.placementStrategy ? checkStrategies(input.placementStrategy) : row.placementStrategy,
    enableECSManagedTags: input.enableECSManagedTags ?? row.enableECSManagedTags,
    propagateTags: input.propagateTags ?? row.propagateTags,
    deployments: rescale(row.deployments, desiredCount, nowMs),
  };
  const next = withRebalancing(updated, input.availabilityZoneRebalancing, false);
  const isSame = !input.forceNewDeployment && taskDefinitionArn === row.taskDefinitionArn;
  if (isSame || taskDefinitionArn === undefined) return next;
  const { launchType } = row;
  const primary = newDeployment(
    `ecs-svc/${decimalId(ctx.random)}`,
    { taskDefinitionArn, desiredCount, ...(launchType !== undefined && { launchType }) },
    nowMs,
  );
  return { ...next, deployments: withPrimary(next.deployments, primary, nowMs) };
}

/**
 * A new revision, or forceNewDeployment, begins a deployment; everything else holds for the tasks that start from now on.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html
 */
export const UpdateService: EcsOperation<UpdateServiceCommandInput, UpdateServiceCommandOutput> = (ctx, input) => {
  refuseUnsupported(input);
  const cluster = requireCluster(ctx.store, ctx, input.cluster);
  const row = requireService(ctx.store, ctx, cluster, input.service);
  if (row.status !== 'ACTIVE') throw serviceNotActive();
  checkSchedulerUpdate(row, input);
  if (input.desiredCount !== undefined) enforceQuota(ctx, 'tasks-per-service', input.desiredCount);
  const changedRow = changed(ctx, row, input);
  const next = ctx.store.transact((tx) => {
    const [primary] = changedRow.deployments;
    if (!primary || primary.id === row.deployments[0]?.id) return tx.put(services, changedRow);
    const definition = tx.get(taskDefinitions, primary.taskDefinitionArn)!;
    return tx.put(services, beginServiceDeployment(tx, ctx, row, changedRow, definition));
  });
  return { service: viewService(ctx.store, next, new Set(['TAGS'])) };
};

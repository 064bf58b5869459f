import type { UpdateDaemonCommandInput, UpdateDaemonCommandOutput } from '@aws-sdk/client-ecs';
import { daemonDeployments, daemonRevisions, daemons } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { beginDaemonDeployment, newDaemonRevision } from '../daemon-deployments.ts';
import { clientException } from '../errors.ts';
import { requireCluster } from '../resolve.ts';
import { requireActiveDaemon, requireDaemonTaskDefinition } from '../resolve-daemon.ts';
import {
  checkDaemonDeployment,
  checkDaemonProviders,
  checkPropagation,
  refuseExecuteCommand,
} from '../validate/daemon.ts';

/**
 * Always a new revision and deployment; what is not given stays as it was.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateDaemon.html
 */
export const UpdateDaemon: EcsOperation<UpdateDaemonCommandInput, UpdateDaemonCommandOutput> = (ctx, input) => {
  refuseExecuteCommand(input.enableExecuteCommand);
  const row = ctx.store.transact((tx) => {
    const before = requireActiveDaemon(tx, ctx, input.daemonArn);
    const cluster = requireCluster(tx, ctx, before.clusterArn);
    const definition = requireDaemonTaskDefinition(tx, ctx, input.daemonTaskDefinitionArn);
    if (definition.status !== 'ACTIVE') throw clientException('DaemonTaskDefinition is inactive');
    const capacityProviders = checkDaemonProviders(tx, ctx, cluster, input.capacityProviderArns);
    const current = tx.get(daemonRevisions, before.revisionArn)!;
    const critical = input.critical ?? current.critical;
    const revision = newDaemonRevision(tx, ctx, before, definition, {
      capacityProviders,
      critical,
      propagateTags: input.propagateTags === undefined ? current.propagateTags : checkPropagation(input.propagateTags),
      enableECSManagedTags: input.enableECSManagedTags ?? current.enableECSManagedTags,
      enableExecuteCommand: false,
    });
    const configuration = input.deploymentConfiguration
      ? checkDaemonDeployment(input.deploymentConfiguration)
      : tx.get(daemonDeployments, before.deploymentArn)!.configuration;
    const deployment = beginDaemonDeployment(tx, ctx, before, revision, configuration, before);
    const { nextLaunchAt: _, throttledAt: __, ...rest } = before;
    return tx.put(daemons, {
      ...rest,
      revisionArn: revision.arn,
      taskDefinitionArns: [...new Set([definition.arn, ...before.taskDefinitionArns])],
      capacityProviders,
      critical,
      deploymentArn: deployment.arn,
      failuresInARow: 0,
      updatedAt: ctx.clock.now(),
    });
  });
  return {
    daemonArn: row.arn,
    status: row.status,
    createdAt: new Date(row.createdAt),
    updatedAt: new Date(row.updatedAt),
    deploymentArn: row.deploymentArn,
  };
};

import type { UpdateContainerAgentCommandInput, UpdateContainerAgentCommandOutput } from '@aws-sdk/client-ecs';
import type { EcsOperation } from '../context.ts';
import { missingVersion, noUpdateAvailable } from '../errors.ts';
import { requireCluster } from '../resolve.ts';
import { requireContainerInstance } from '../resolve-container-instance.ts';

/**
 * There is no channel that hands out newer agents, so there never is an update.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateContainerAgent.html
 */
export const UpdateContainerAgent: EcsOperation<UpdateContainerAgentCommandInput, UpdateContainerAgentCommandOutput> = (
  ctx,
  input,
) => {
  const cluster = requireCluster(ctx.store, ctx, input.cluster);
  const row = requireContainerInstance(ctx.store, ctx, cluster, input.containerInstance);
  throw row.versionInfo.agentVersion === undefined ? missingVersion() : noUpdateAvailable();
};

import type {
  DescribeDaemonTaskDefinitionCommandInput,
  DescribeDaemonTaskDefinitionCommandOutput,
} from '@aws-sdk/client-ecs';
import type { EcsOperation } from '../context.ts';
import { requireDaemonTaskDefinition } from '../resolve-daemon.ts';
import { viewDaemonTaskDefinition } from '../views/daemon-task-definition.ts';

/**
 * A family alone names its newest ACTIVE revision.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeDaemonTaskDefinition.html
 */
export const DescribeDaemonTaskDefinition: EcsOperation<
  DescribeDaemonTaskDefinitionCommandInput,
  DescribeDaemonTaskDefinitionCommandOutput
> = (ctx, input) => ({
  daemonTaskDefinition: viewDaemonTaskDefinition(
    requireDaemonTaskDefinition(ctx.store, ctx, input.daemonTaskDefinition),
  ),
});

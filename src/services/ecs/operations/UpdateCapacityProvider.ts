import type { UpdateCapacityProviderCommandInput, UpdateCapacityProviderCommandOutput } from '@aws-sdk/client-ecs';
import { capacityProviders } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { invalidParameter, unsupportedFeature } from '../errors.ts';
import { checkUnchanging } from '../resolve-capacity-provider.ts';
import { updateAutoScalingGroupProvider } from '../validate/auto-scaling-group-provider.ts';
import { viewCapacityProvider } from '../views/capacity-provider.ts';

/**
 * Answers the provider as it was, UPDATE_IN_PROGRESS; what was asked for holds when that is over.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateCapacityProvider.html
 */
export const UpdateCapacityProvider: EcsOperation<
  UpdateCapacityProviderCommandInput,
  UpdateCapacityProviderCommandOutput
> = (ctx, input) => {
  if (!input.name) throw invalidParameter('Name can not be blank.');
  if (input.managedInstancesProvider) {
    throw unsupportedFeature('managedInstancesProvider is not supported here yet.');
  }
  const given = input.autoScalingGroupProvider;
  if (!given) throw invalidParameter('AutoScalingGroupProvider can not be blank.');
  if (input.cluster) {
    throw invalidParameter('A cluster can only be specified for a capacity provider of Amazon ECS Managed Instances.');
  }
  const row = ctx.store.transact((tx) => {
    const { updateStatusReason: _, ...current } = checkUnchanging(tx, ctx, input.name!);
    const nextAutoScalingGroupProvider = updateAutoScalingGroupProvider(current.autoScalingGroupProvider, given);
    return tx.put(capacityProviders, {
      ...current,
      updateStatus: 'UPDATE_IN_PROGRESS',
      nextAutoScalingGroupProvider,
    });
  });
  return { capacityProvider: viewCapacityProvider(row) };
};

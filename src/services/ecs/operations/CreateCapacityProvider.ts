import type { CreateCapacityProviderCommandInput, CreateCapacityProviderCommandOutput } from '@aws-sdk/client-ecs';
import { capacityProviderArn, scopeKey } from '#model/arn.ts';
import type { CapacityProviderRow } from '#model/capacity-provider.ts';
import { capacityProviders } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { clientException, invalidParameter, unsupportedFeature } from '../errors.ts';
import { newTags } from '../tags.ts';
import { checkAutoScalingGroupProvider, checkCapacityProviderName } from '../validate/auto-scaling-group-provider.ts';
import { viewCapacityProvider } from '../views/capacity-provider.ts';

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateCapacityProvider.html */
export const CreateCapacityProvider: EcsOperation<
  CreateCapacityProviderCommandInput,
  CreateCapacityProviderCommandOutput
> = (ctx, input) => {
  const name = checkCapacityProviderName(input.name);
  if (input.managedInstancesProvider) {
    throw unsupportedFeature('managedInstancesProvider is not supported here yet.');
  }
  if (!input.autoScalingGroupProvider) throw invalidParameter('AutoScalingGroupProvider can not be blank.');
  if (input.cluster) {
    throw invalidParameter('A cluster can only be specified for a capacity provider of Amazon ECS Managed Instances.');
  }
  const scope = { account: ctx.account, region: ctx.region };
  const autoScalingGroupProvider = checkAutoScalingGroupProvider(scope, input.autoScalingGroupProvider);
  const tags = newTags(input.tags);
  const row = ctx.store.transact((tx) => {
    const made: CapacityProviderRow = {
      ...scope,
      arn: capacityProviderArn(scope, name),
      name,
      status: 'ACTIVE',
      autoScalingGroupProvider,
      tags,
    };
    if (tx.get(capacityProviders, made.arn)?.status === 'ACTIVE') {
      throw clientException(
        'The specified capacity provider already exists. To change the configuration of an existing capacity provider, update the capacity provider.',
      );
    }
    for (const other of tx.find(
      capacityProviders,
      'byAutoScalingGroup',
      autoScalingGroupProvider.autoScalingGroupArn!,
    )) {
      if (scopeKey(other) !== scopeKey(scope)) continue;
      throw clientException(
        'The specified Auto Scaling group ARN is already being used by another capacity provider. Specify a unique Auto Scaling group ARN and try again.',
      );
    }
    return tx.put(capacityProviders, made);
  });
  return { capacityProvider: viewCapacityProvider(row) };
};

import type { CapacityProvider } from '@aws-sdk/client-ecs';
import { capacityProviderArn, type Scope } from '#model/arn.ts';
import type { CapacityProviderRow } from '#model/capacity-provider.ts';

/**
 * A capacity provider on the wire. Tags that were not asked for are answered empty, as AWS does.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProvider.html
 */
export function viewCapacityProvider(row: CapacityProviderRow, withTags = true): CapacityProvider {
  return {
    capacityProviderArn: row.arn,
    name: row.name,
    status: row.status,
    autoScalingGroupProvider: row.autoScalingGroupProvider,
    ...(row.updateStatus && { updateStatus: row.updateStatus }),
    ...(row.updateStatusReason && { updateStatusReason: row.updateStatusReason }),
    tags: withTags ? [...row.tags] : [],
    type: 'EC2_AUTOSCALING',
  };
}

export function viewFargateProvider(scope: Scope, name: string): CapacityProvider {
  return {
    capacityProviderArn: capacityProviderArn(scope, name),
    name,
    status: 'ACTIVE',
    tags: [],
    type: name === 'FARGATE' ? 'FARGATE' : 'FARGATE_SPOT',
  };
}

import type { AutoScalingGroupProvider, Tag } from '@aws-sdk/client-ecs';
import type { CapacityProviderArn, Scope } from './arn.ts';

/** A capacity provider of an Auto Scaling group. FARGATE and FARGATE_SPOT exist in every account and have no row. */
export interface CapacityProviderRow extends Scope {
  readonly arn: CapacityProviderArn;
  readonly name: string;
  readonly status: 'ACTIVE' | 'INACTIVE';
  /** As asked for, with ECS's defaults filled in. */
  readonly autoScalingGroupProvider: AutoScalingGroupProvider;
  readonly updateStatus?:
    | 'DELETE_IN_PROGRESS'
    | 'DELETE_COMPLETE'
    | 'DELETE_FAILED'
    | 'UPDATE_IN_PROGRESS'
    | 'UPDATE_COMPLETE'
    | 'UPDATE_FAILED';
  readonly updateStatusReason?: string;
  /** What holds once UPDATE_IN_PROGRESS is over. */
  readonly nextAutoScalingGroupProvider?: AutoScalingGroupProvider;
  /** Set when the status became INACTIVE; the row is dropped some time after. */
  readonly inactiveAt?: number;
  readonly tags: readonly Tag[];
}

import type { DetachGroupPolicyCommandInput, DetachGroupPolicyCommandOutput } from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { groupKind } from '../identities.ts';
import { detachPolicy } from '../identity-policies.ts';

export const DetachGroupPolicy: IamOperation<DetachGroupPolicyCommandInput, DetachGroupPolicyCommandOutput> = (
  ctx,
  input,
) => detachPolicy(ctx, groupKind, input.GroupName!, input.PolicyArn!);

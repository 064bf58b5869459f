import type { DetachRolePolicyCommandInput, DetachRolePolicyCommandOutput } from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { roleKind } from '../identities.ts';
import { detachPolicy } from '../identity-policies.ts';

export const DetachRolePolicy: IamOperation<DetachRolePolicyCommandInput, DetachRolePolicyCommandOutput> = (
  ctx,
  input,
) => detachPolicy(ctx, roleKind, input.RoleName!, input.PolicyArn!);

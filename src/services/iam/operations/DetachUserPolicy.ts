import type { DetachUserPolicyCommandInput, DetachUserPolicyCommandOutput } from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { userKind } from '../identities.ts';
import { detachPolicy } from '../identity-policies.ts';

export const DetachUserPolicy: IamOperation<DetachUserPolicyCommandInput, DetachUserPolicyCommandOutput> = (
  ctx,
  input,
) => detachPolicy(ctx, userKind, input.UserName!, input.PolicyArn!);

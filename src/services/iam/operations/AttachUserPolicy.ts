import type { AttachUserPolicyCommandInput, AttachUserPolicyCommandOutput } from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { userKind } from '../identities.ts';
import { attachPolicy } from '../identity-policies.ts';

export const AttachUserPolicy: IamOperation<AttachUserPolicyCommandInput, AttachUserPolicyCommandOutput> = (
  ctx,
  input,
) => attachPolicy(ctx, userKind, input.UserName!, input.PolicyArn!);

import type { AttachGroupPolicyCommandInput, AttachGroupPolicyCommandOutput } from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { groupKind } from '../identities.ts';
import { attachPolicy } from '../identity-policies.ts';

export const AttachGroupPolicy: IamOperation<AttachGroupPolicyCommandInput, AttachGroupPolicyCommandOutput> = (
  ctx,
  input,
) => attachPolicy(ctx, groupKind, input.GroupName!, input.PolicyArn!);

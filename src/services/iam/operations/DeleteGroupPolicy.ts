import type { DeleteGroupPolicyCommandInput, DeleteGroupPolicyCommandOutput } from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { groupKind } from '../identities.ts';
import { deleteInlinePolicy } from '../identity-policies.ts';

export const DeleteGroupPolicy: IamOperation<DeleteGroupPolicyCommandInput, DeleteGroupPolicyCommandOutput> = (
  ctx,
  input,
) => deleteInlinePolicy(ctx, groupKind, input.GroupName!, input.PolicyName!);

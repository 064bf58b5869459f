import type { DeleteUserPolicyCommandInput, DeleteUserPolicyCommandOutput } from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { userKind } from '../identities.ts';
import { deleteInlinePolicy } from '../identity-policies.ts';

export const DeleteUserPolicy: IamOperation<DeleteUserPolicyCommandInput, DeleteUserPolicyCommandOutput> = (
  ctx,
  input,
) => deleteInlinePolicy(ctx, userKind, input.UserName!, input.PolicyName!);

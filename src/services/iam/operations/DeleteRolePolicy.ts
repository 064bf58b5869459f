import type { DeleteRolePolicyCommandInput, DeleteRolePolicyCommandOutput } from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { roleKind } from '../identities.ts';
import { deleteInlinePolicy } from '../identity-policies.ts';

export const DeleteRolePolicy: IamOperation<DeleteRolePolicyCommandInput, DeleteRolePolicyCommandOutput> = (
  ctx,
  input,
) => deleteInlinePolicy(ctx, roleKind, input.RoleName!, input.PolicyName!);

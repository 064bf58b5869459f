import type { AttachRolePolicyCommandInput, AttachRolePolicyCommandOutput } from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { roleKind } from '../identities.ts';
import { attachPolicy } from '../identity-policies.ts';

export const AttachRolePolicy: IamOperation<AttachRolePolicyCommandInput, AttachRolePolicyCommandOutput> = (
  ctx,
  input,
) => attachPolicy(ctx, roleKind, input.RoleName!, input.PolicyArn!);

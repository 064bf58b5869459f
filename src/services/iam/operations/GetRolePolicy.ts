import type { GetRolePolicyCommandInput, GetRolePolicyCommandOutput } from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { roleKind } from '../identities.ts';
import { getInlinePolicy } from '../identity-policies.ts';

export const GetRolePolicy: IamOperation<GetRolePolicyCommandInput, GetRolePolicyCommandOutput> = (ctx, input) => {
  const { row, policy } = getInlinePolicy(ctx, roleKind, input.RoleName!, input.PolicyName!);
  return { RoleName: row.name, ...policy };
};

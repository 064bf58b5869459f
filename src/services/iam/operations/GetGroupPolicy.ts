import type { GetGroupPolicyCommandInput, GetGroupPolicyCommandOutput } from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { groupKind } from '../identities.ts';
import { getInlinePolicy } from '../identity-policies.ts';

export const GetGroupPolicy: IamOperation<GetGroupPolicyCommandInput, GetGroupPolicyCommandOutput> = (ctx, input) => {
  const { row, policy } = getInlinePolicy(ctx, groupKind, input.GroupName!, input.PolicyName!);
  return { GroupName: row.name, ...policy };
};

import type { GetUserPolicyCommandInput, GetUserPolicyCommandOutput } from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { userKind } from '../identities.ts';
import { getInlinePolicy } from '../identity-policies.ts';

export const GetUserPolicy: IamOperation<GetUserPolicyCommandInput, GetUserPolicyCommandOutput> = (ctx, input) => {
  const { row, policy } = getInlinePolicy(ctx, userKind, input.UserName!, input.PolicyName!);
  return { UserName: row.name, ...policy };
};

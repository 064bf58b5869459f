import type { PutUserPolicyCommandInput, PutUserPolicyCommandOutput } from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { userKind } from '../identities.ts';
import { putInlinePolicy } from '../identity-policies.ts';

export const PutUserPolicy: IamOperation<PutUserPolicyCommandInput, PutUserPolicyCommandOutput> = (ctx, input) =>
  putInlinePolicy(ctx, userKind, input.UserName!, { name: input.PolicyName!, document: input.PolicyDocument! });

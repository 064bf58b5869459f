import type { PutGroupPolicyCommandInput, PutGroupPolicyCommandOutput } from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { groupKind } from '../identities.ts';
import { putInlinePolicy } from '../identity-policies.ts';

export const PutGroupPolicy: IamOperation<PutGroupPolicyCommandInput, PutGroupPolicyCommandOutput> = (ctx, input) =>
  putInlinePolicy(ctx, groupKind, input.GroupName!, { name: input.PolicyName!, document: input.PolicyDocument! });

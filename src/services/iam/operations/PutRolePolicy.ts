import type { PutRolePolicyCommandInput, PutRolePolicyCommandOutput } from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { roleKind } from '../identities.ts';
import { putInlinePolicy } from '../identity-policies.ts';

export const PutRolePolicy: IamOperation<PutRolePolicyCommandInput, PutRolePolicyCommandOutput> = (ctx, input) =>
  putInlinePolicy(ctx, roleKind, input.RoleName!, { name: input.PolicyName!, document: input.PolicyDocument! });

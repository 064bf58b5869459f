import type { GetPolicyCommandInput, GetPolicyCommandOutput } from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { policyAt } from '../managed-policies.ts';
import { policyView } from '../views/policies.ts';

export const GetPolicy: IamOperation<GetPolicyCommandInput, GetPolicyCommandOutput> = (ctx, input) => ({
  Policy: policyView(ctx.store, ctx.account, policyAt(ctx.store, ctx.account, input.PolicyArn!), 'full'),
});

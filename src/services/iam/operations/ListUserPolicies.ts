import type { ListUserPoliciesCommandInput, ListUserPoliciesCommandOutput } from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { userKind } from '../identities.ts';
import { listInlinePolicies } from '../identity-policies.ts';

export const ListUserPolicies: IamOperation<ListUserPoliciesCommandInput, ListUserPoliciesCommandOutput> = (
  ctx,
  input,
) => listInlinePolicies(ctx, userKind, input.UserName!, input);

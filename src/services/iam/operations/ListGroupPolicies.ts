import type { ListGroupPoliciesCommandInput, ListGroupPoliciesCommandOutput } from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { groupKind } from '../identities.ts';
import { listInlinePolicies } from '../identity-policies.ts';

export const ListGroupPolicies: IamOperation<ListGroupPoliciesCommandInput, ListGroupPoliciesCommandOutput> = (
  ctx,
  input,
) => listInlinePolicies(ctx, groupKind, input.GroupName!, input);

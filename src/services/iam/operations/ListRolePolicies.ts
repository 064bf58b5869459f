import type { ListRolePoliciesCommandInput, ListRolePoliciesCommandOutput } from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { roleKind } from '../identities.ts';
import { listInlinePolicies } from '../identity-policies.ts';

export const ListRolePolicies: IamOperation<ListRolePoliciesCommandInput, ListRolePoliciesCommandOutput> = (
  ctx,
  input,
) => listInlinePolicies(ctx, roleKind, input.RoleName!, input);

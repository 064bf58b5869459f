import type { ListAttachedRolePoliciesCommandInput, ListAttachedRolePoliciesCommandOutput } from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { roleKind } from '../identities.ts';
import { listAttachedPolicies } from '../identity-policies.ts';

export const ListAttachedRolePolicies: IamOperation<
  ListAttachedRolePoliciesCommandInput,
  ListAttachedRolePoliciesCommandOutput
> = (ctx, input) => listAttachedPolicies(ctx, roleKind, input.RoleName!, input);

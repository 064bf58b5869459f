import type {
  ListAttachedGroupPoliciesCommandInput,
  ListAttachedGroupPoliciesCommandOutput,
} from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { groupKind } from '../identities.ts';
import { listAttachedPolicies } from '../identity-policies.ts';

export const ListAttachedGroupPolicies: IamOperation<
  ListAttachedGroupPoliciesCommandInput,
  ListAttachedGroupPoliciesCommandOutput
> = (ctx, input) => listAttachedPolicies(ctx, groupKind, input.GroupName!, input);

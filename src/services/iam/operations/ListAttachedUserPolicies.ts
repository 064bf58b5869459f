import type { ListAttachedUserPoliciesCommandInput, ListAttachedUserPoliciesCommandOutput } from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { userKind } from '../identities.ts';
import { listAttachedPolicies } from '../identity-policies.ts';

export const ListAttachedUserPolicies: IamOperation<
  ListAttachedUserPoliciesCommandInput,
  ListAttachedUserPoliciesCommandOutput
> = (ctx, input) => listAttachedPolicies(ctx, userKind, input.UserName!, input);

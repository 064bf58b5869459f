import type { ListPolicyTagsCommandInput, ListPolicyTagsCommandOutput } from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { policyAt } from '../managed-policies.ts';
import { listTags } from '../tags.ts';

export const ListPolicyTags: IamOperation<ListPolicyTagsCommandInput, ListPolicyTagsCommandOutput> = (ctx, input) =>
  listTags(input, policyAt(ctx.store, ctx.account, input.PolicyArn!).tags);

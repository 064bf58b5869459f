import type { TagPolicyCommandInput, TagPolicyCommandOutput } from '@aws-sdk/client-iam';
import { managedPolicies } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { customerPolicy } from '../managed-policies.ts';
import { mergeTags } from '../tags.ts';

export const TagPolicy: IamOperation<TagPolicyCommandInput, TagPolicyCommandOutput> = (ctx, input) => {
  ctx.store.transact((tx) => {
    const row = customerPolicy(ctx, tx, input.PolicyArn!);
    tx.put(managedPolicies, { ...row, tags: mergeTags(row.tags, input.Tags) });
  });
  return {};
};

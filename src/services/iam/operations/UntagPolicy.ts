import type { UntagPolicyCommandInput, UntagPolicyCommandOutput } from '@aws-sdk/client-iam';
import { managedPolicies } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { customerPolicy } from '../managed-policies.ts';
import { dropTags } from '../tags.ts';

export const UntagPolicy: IamOperation<UntagPolicyCommandInput, UntagPolicyCommandOutput> = (ctx, input) => {
  ctx.store.transact((tx) => {
    const row = customerPolicy(ctx, tx, input.PolicyArn!);
    tx.put(managedPolicies, { ...row, tags: dropTags(row.tags, input.TagKeys) });
  });
  return {};
};

import type { ListPolicyVersionsCommandInput, ListPolicyVersionsCommandOutput } from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { policyAt } from '../managed-policies.ts';
import { pageOf } from '../paging.ts';
import { versionView } from '../views/policies.ts';

/** Newest first. */
export const ListPolicyVersions: IamOperation<ListPolicyVersionsCommandInput, ListPolicyVersionsCommandOutput> = (
  ctx,
  input,
) => {
  const policy = policyAt(ctx.store, ctx.account, input.PolicyArn!);
  const { items, ...page } = pageOf(input, policy.versions.toReversed(), (version) => version.versionId);
  return { Versions: items.map((version) => versionView(policy, version, false)), ...page };
};

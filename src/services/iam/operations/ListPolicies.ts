import type { ListPoliciesCommandInput, ListPoliciesCommandOutput } from '@aws-sdk/client-iam';
import type { View } from '#store/store.ts';
import type { IamOperation } from '../context.ts';
import { allPolicies, attachmentsOf, boundariesOf } from '../managed-policies.ts';
import { pageOfRows } from '../paging.ts';
import { policyView } from '../views/policies.ts';

/** AWS's policies first, then the account's. */
export const ListPolicies: IamOperation<ListPoliciesCommandInput, ListPoliciesCommandOutput> = (ctx, input) => {
  const { store, account } = ctx;
  const prefix = input.PathPrefix ?? '/';
  const { items, ...page } = pageOfRows(
    input,
    (after) => allPolicies(store, account, input.Scope ?? 'All', after),
    (policy) => policy.arn,
    (policy) => policy.path.startsWith(prefix) && isUsed(store, account, policy.arn, input),
  );
  return { Policies: items.map((policy) => policyView(store, account, policy, 'listed')), ...page };
};

function isUsed(view: View, account: string, arn: string, input: ListPoliciesCommandInput): boolean {
  const isAttached = () => Object.values(attachmentsOf(view, account, arn)).some((list) => list.length > 0);
  const isBoundary = () => Object.values(boundariesOf(view, account, arn)).some((list) => list.length > 0);
  if (input.PolicyUsageFilter === 'PermissionsPolicy') return isAttached();
  if (input.PolicyUsageFilter === 'PermissionsBoundary') return isBoundary();
  return !input.OnlyAttached || isAttached();
}

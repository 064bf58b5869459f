import type { View } from '#store/store.ts';
import type { Table } from '#store/table.ts';
import { groups, instanceProfiles, managedPolicies, openIdConnectProviders, roles, users } from '#store/tables/iam.ts';
import { quotaExceeded } from './errors.ts';

const count =
  <R>(table: Table<R, 'byAccount'>) =>
  (view: View, account: string) =>
    view.count(table, 'byAccount', account);

/** AWS's defaults. */
const quotas = {
  UsersPerAccount: { countIn: count(users), limit: 5000 },
  GroupsPerAccount: { countIn: count(groups), limit: 300 },
  RolesPerAccount: { countIn: count(roles), limit: 1000 },
  PoliciesPerAccount: { countIn: count(managedPolicies), limit: 1500 },
  InstanceProfilesPerAccount: { countIn: count(instanceProfiles), limit: 1000 },
  OpenIdConnectProvidersPerAccount: { countIn: count(openIdConnectProviders), limit: 100 },
} as const;

/** Before one more is made. */
export function checkQuota(view: View, account: string, name: keyof typeof quotas): void {
  const { countIn, limit } = quotas[name];
  if (countIn(view, account) >= limit) throw quotaExceeded(name, limit);
}

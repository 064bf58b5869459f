import type { ListEntitiesForPolicyCommandInput, ListEntitiesForPolicyCommandOutput } from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import type { Identity } from '../identities.ts';
import { attachmentsOf, boundariesOf, policyAt } from '../managed-policies.ts';
import { pageOf } from '../paging.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListEntitiesForPolicy.html */
export const ListEntitiesForPolicy: IamOperation<
  ListEntitiesForPolicyCommandInput,
  ListEntitiesForPolicyCommandOutput
> = (ctx, input) => {
  const { store, account } = ctx;
  const { arn } = policyAt(store, account, input.PolicyArn!);
  const { PolicyUsageFilter: usage, EntityFilter: filter } = input;
  const prefix = input.PathPrefix ?? '/';
  const attached = usage === 'PermissionsBoundary' ? undefined : attachmentsOf(store, account, arn);
  const bounded = usage === 'PermissionsPolicy' ? undefined : boundariesOf(store, account, arn);
  const wanted = <R extends Identity>(kind: string, ...lists: (readonly R[] | undefined)[]): R[] => {
    const rows = new Map(lists.flatMap((list) => list ?? []).map((row) => [row.arn, row]));
    if (filter !== undefined && filter !== kind) return [];
    return [...rows.values()].filter((row) => row.path.startsWith(prefix));
  };
  const entities: readonly Identity[] = [
    ...wanted('Group', attached?.groups),
    ...wanted('User', attached?.users, bounded?.users),
    ...wanted('Role', attached?.roles, bounded?.roles),
  ];
  const { items, ...page } = pageOf(input, entities, (row) => row.arn);
  const ofKind = (resource: string) => items.filter((row) => row.arn.split(':')[5]!.startsWith(`${resource}/`));
  return {
    PolicyGroups: ofKind('group').map((row) => ({ GroupName: row.name, GroupId: row.id })),
    PolicyUsers: ofKind('user').map((row) => ({ UserName: row.name, UserId: row.id })),
    PolicyRoles: ofKind('role').map((row) => ({ RoleName: row.name, RoleId: row.id })),
    ...page,
  };
};

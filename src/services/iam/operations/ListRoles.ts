import type { ListRolesCommandInput, ListRolesCommandOutput } from '@aws-sdk/client-iam';
import { roles } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { pageOfRows } from '../paging.ts';
import { roleView } from '../views/identities.ts';

export const ListRoles: IamOperation<ListRolesCommandInput, ListRolesCommandOutput> = (ctx, input) => {
  const prefix = input.PathPrefix ?? '/';
  const { items, ...page } = pageOfRows(
    input,
    (after) => ctx.store.find(roles, 'byAccount', ctx.account, after),
    (row) => row.arn,
    (row) => row.path.startsWith(prefix),
  );
  return { Roles: items.map((row) => roleView(row, 'listed')), ...page };
};

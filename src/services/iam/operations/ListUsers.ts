import type { ListUsersCommandInput, ListUsersCommandOutput } from '@aws-sdk/client-iam';
import { users } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { pageOfRows } from '../paging.ts';
import { userView } from '../views/identities.ts';

export const ListUsers: IamOperation<ListUsersCommandInput, ListUsersCommandOutput> = (ctx, input) => {
  const prefix = input.PathPrefix ?? '/';
  const { items, ...page } = pageOfRows(
    input,
    (after) => ctx.store.find(users, 'byAccount', ctx.account, after),
    (row) => row.arn,
    (row) => row.path.startsWith(prefix),
  );
  return { Users: items.map((row) => userView(row, 'listed')), ...page };
};

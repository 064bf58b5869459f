import type { ListGroupsCommandInput, ListGroupsCommandOutput } from '@aws-sdk/client-iam';
import { groups } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { pageOfRows } from '../paging.ts';
import { groupView } from '../views/identities.ts';

export const ListGroups: IamOperation<ListGroupsCommandInput, ListGroupsCommandOutput> = (ctx, input) => {
  const prefix = input.PathPrefix ?? '/';
  const { items, ...page } = pageOfRows(
    input,
    (after) => ctx.store.find(groups, 'byAccount', ctx.account, after),
    (row) => row.arn,
    (row) => row.path.startsWith(prefix),
  );
  return { Groups: items.map(groupView), ...page };
};

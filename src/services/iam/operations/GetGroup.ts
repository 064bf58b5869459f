import type { GetGroupCommandInput, GetGroupCommandOutput } from '@aws-sdk/client-iam';
import { users } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { findGroup } from '../identities.ts';
import { pageOfRows } from '../paging.ts';
import { groupView, userView } from '../views/identities.ts';

/** The group, and a page of its users. */
export const GetGroup: IamOperation<GetGroupCommandInput, GetGroupCommandOutput> = (ctx, input) => {
  const { store, account } = ctx;
  const group = findGroup(store, account, input.GroupName!);
  const { items, ...page } = pageOfRows(
    input,
    (after) => store.find(users, 'byGroup', group.arn, after),
    (row) => row.arn,
  );
  return { Group: groupView(group), Users: items.map((row) => userView(row, 'listed')), ...page };
};

import type { ListGroupsForUserCommandInput, ListGroupsForUserCommandOutput } from '@aws-sdk/client-iam';
import { groups } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { findUser } from '../identities.ts';
import { pageOf } from '../paging.ts';
import { groupView } from '../views/identities.ts';

export const ListGroupsForUser: IamOperation<ListGroupsForUserCommandInput, ListGroupsForUserCommandOutput> = (
  ctx,
  input,
) => {
  const user = findUser(ctx.store, ctx.account, input.UserName!);
  const { items, ...page } = pageOf(input, user.groupArns, (arn) => arn);
  const rows = items.map((arn) => ctx.store.get(groups, arn)).filter((row) => row !== undefined);
  return { Groups: rows.map(groupView), ...page };
};

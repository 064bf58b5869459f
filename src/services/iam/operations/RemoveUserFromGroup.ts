import type { RemoveUserFromGroupCommandInput, RemoveUserFromGroupCommandOutput } from '@aws-sdk/client-iam';
import { users } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { findGroup, findUser } from '../identities.ts';

export const RemoveUserFromGroup: IamOperation<RemoveUserFromGroupCommandInput, RemoveUserFromGroupCommandOutput> = (
  ctx,
  input,
) => {
  ctx.store.transact((tx) => {
    const user = findUser(tx, ctx.account, input.UserName!);
    const group = findGroup(tx, ctx.account, input.GroupName!);
    if (!user.groupArns.includes(group.arn)) return;
    tx.put(users, { ...user, groupArns: user.groupArns.filter((arn) => arn !== group.arn) });
  });
  return {};
};

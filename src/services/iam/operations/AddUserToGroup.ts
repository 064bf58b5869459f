import type { AddUserToGroupCommandInput, AddUserToGroupCommandOutput } from '@aws-sdk/client-iam';
import { users } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { quotaExceeded } from '../errors.ts';
import { findGroup, findUser } from '../identities.ts';

const groupLimit = 10;

export const AddUserToGroup: IamOperation<AddUserToGroupCommandInput, AddUserToGroupCommandOutput> = (ctx, input) => {
  ctx.store.transact((tx) => {
    const user = findUser(tx, ctx.account, input.UserName!);
    const group = findGroup(tx, ctx.account, input.GroupName!);
    if (user.groupArns.includes(group.arn)) return;
    if (user.groupArns.length >= groupLimit) throw quotaExceeded('GroupsPerUser', groupLimit);
    tx.put(users, { ...user, groupArns: [...user.groupArns, group.arn] });
  });
  return {};
};

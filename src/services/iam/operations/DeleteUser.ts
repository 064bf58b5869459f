import type { DeleteUserCommandInput, DeleteUserCommandOutput } from '@aws-sdk/client-iam';
import { accessKeys, users } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { deleteConflict } from '../errors.ts';
import { findUser } from '../identities.ts';
import { checkDetached } from '../identity-policies.ts';
import { renamePrincipal } from '../trusted-principals.ts';

export const DeleteUser: IamOperation<DeleteUserCommandInput, DeleteUserCommandOutput> = (ctx, input) => {
  ctx.store.transact((tx) => {
    const row = findUser(tx, ctx.account, input.UserName!);
    if (row.loginProfile) throw deleteConflict('Cannot delete entity, must delete login profile first.');
    if (tx.count(accessKeys, 'byPrincipal', row.arn) > 0)
      throw deleteConflict('Cannot delete entity, must delete access keys first.');
    if (row.groupArns.length > 0) throw deleteConflict('Cannot delete entity, must remove users from group first.');
    checkDetached(row);
    tx.delete(users, row.arn);
    renamePrincipal(tx, row.arn, row.id);
  });
  return {};
};

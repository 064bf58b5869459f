import type { DeleteGroupCommandInput, DeleteGroupCommandOutput } from '@aws-sdk/client-iam';
import { groups, users } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { deleteConflict } from '../errors.ts';
import { findGroup } from '../identities.ts';
import { checkDetached } from '../identity-policies.ts';

export const DeleteGroup: IamOperation<DeleteGroupCommandInput, DeleteGroupCommandOutput> = (ctx, input) => {
  ctx.store.transact((tx) => {
    const row = findGroup(tx, ctx.account, input.GroupName!);
    if (tx.count(users, 'byGroup', row.arn) > 0)
      throw deleteConflict('Cannot delete entity, must remove users from group first.');
    checkDetached(row);
    tx.delete(groups, row.arn);
  });
  return {};
};

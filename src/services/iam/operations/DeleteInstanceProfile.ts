import type { DeleteInstanceProfileCommandInput, DeleteInstanceProfileCommandOutput } from '@aws-sdk/client-iam';
import { instanceProfiles } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { deleteConflict } from '../errors.ts';
import { findInstanceProfile } from '../identities.ts';

export const DeleteInstanceProfile: IamOperation<
  DeleteInstanceProfileCommandInput,
  DeleteInstanceProfileCommandOutput
> = (ctx, input) => {
  ctx.store.transact((tx) => {
    const row = findInstanceProfile(tx, ctx.account, input.InstanceProfileName!);
    if (row.roleArn !== undefined)
      throw deleteConflict('Cannot delete entity, must remove roles from instance profile first.');
    tx.delete(instanceProfiles, row.arn);
  });
  return {};
};

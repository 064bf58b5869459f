import type { DeleteRoleCommandInput, DeleteRoleCommandOutput } from '@aws-sdk/client-iam';
import { instanceProfiles, roles, roleUses } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { deleteConflict } from '../errors.ts';
import { findRole } from '../identities.ts';
import { checkDetached } from '../identity-policies.ts';
import { refuseProtected } from '../protected-roles.ts';
import { renamePrincipal } from '../trusted-principals.ts';

export const DeleteRole: IamOperation<DeleteRoleCommandInput, DeleteRoleCommandOutput> = (ctx, input) => {
  ctx.store.transact((tx) => {
    const row = findRole(tx, ctx.account, input.RoleName!);
    refuseProtected(row);
    if (tx.count(instanceProfiles, 'byRole', row.arn) > 0)
      throw deleteConflict('Cannot delete entity, must remove roles from instance profile first.');
    checkDetached(row);
    tx.delete(roles, row.arn);
    tx.delete(roleUses, row.arn);
    renamePrincipal(tx, row.arn, row.id);
  });
  return {};
};

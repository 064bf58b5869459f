import type { UpdateRoleCommandInput, UpdateRoleCommandOutput } from '@aws-sdk/client-iam';
import { roles } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { findRole } from '../identities.ts';
import { refuseProtected } from '../protected-roles.ts';

/** The description of a service-linked role may be changed, and nothing else. */
export const UpdateRole: IamOperation<UpdateRoleCommandInput, UpdateRoleCommandOutput> = (ctx, input) => {
  ctx.store.transact((tx) => {
    const row = findRole(tx, ctx.account, input.RoleName!);
    if (input.MaxSessionDuration !== undefined) refuseProtected(row);
    tx.put(roles, {
      ...row,
      ...(input.Description !== undefined && { description: input.Description }),
      ...(input.MaxSessionDuration !== undefined && { maxSessionDurationSeconds: input.MaxSessionDuration }),
    });
  });
  return {};
};

import type { UpdateRoleDescriptionCommandInput, UpdateRoleDescriptionCommandOutput } from '@aws-sdk/client-iam';
import { roles } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { findRole } from '../identities.ts';
import { roleView } from '../views/identities.ts';

export const UpdateRoleDescription: IamOperation<
  UpdateRoleDescriptionCommandInput,
  UpdateRoleDescriptionCommandOutput
> = (ctx, input) => {
  const row = ctx.store.transact((tx) =>
    tx.put(roles, { ...findRole(tx, ctx.account, input.RoleName!), description: input.Description! }),
  );
  return { Role: roleView(row, 'described') };
};

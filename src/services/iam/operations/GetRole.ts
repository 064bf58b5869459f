import type { GetRoleCommandInput, GetRoleCommandOutput } from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { findRole } from '../identities.ts';
import { roleDetailView } from '../views/identities.ts';

export const GetRole: IamOperation<GetRoleCommandInput, GetRoleCommandOutput> = (ctx, input) => ({
  Role: roleDetailView(ctx, findRole(ctx.store, ctx.account, input.RoleName!)),
});

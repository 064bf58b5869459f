import type {
  DeleteRolePermissionsBoundaryCommandInput,
  DeleteRolePermissionsBoundaryCommandOutput,
} from '@aws-sdk/client-iam';
import { deleteBoundary } from '../boundaries.ts';
import type { IamOperation } from '../context.ts';
import { roleKind } from '../identities.ts';

export const DeleteRolePermissionsBoundary: IamOperation<
  DeleteRolePermissionsBoundaryCommandInput,
  DeleteRolePermissionsBoundaryCommandOutput
> = (ctx, input) => deleteBoundary(ctx, roleKind, input.RoleName!);

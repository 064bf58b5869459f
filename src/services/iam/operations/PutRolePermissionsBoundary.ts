import type {
  PutRolePermissionsBoundaryCommandInput,
  PutRolePermissionsBoundaryCommandOutput,
} from '@aws-sdk/client-iam';
import { putBoundary } from '../boundaries.ts';
import type { IamOperation } from '../context.ts';
import { roleKind } from '../identities.ts';

export const PutRolePermissionsBoundary: IamOperation<
  PutRolePermissionsBoundaryCommandInput,
  PutRolePermissionsBoundaryCommandOutput
> = (ctx, input) => putBoundary(ctx, roleKind, input.RoleName!, input.PermissionsBoundary!);

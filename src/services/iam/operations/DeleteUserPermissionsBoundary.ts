import type {
  DeleteUserPermissionsBoundaryCommandInput,
  DeleteUserPermissionsBoundaryCommandOutput,
} from '@aws-sdk/client-iam';
import { deleteBoundary } from '../boundaries.ts';
import type { IamOperation } from '../context.ts';
import { userKind } from '../identities.ts';

export const DeleteUserPermissionsBoundary: IamOperation<
  DeleteUserPermissionsBoundaryCommandInput,
  DeleteUserPermissionsBoundaryCommandOutput
> = (ctx, input) => deleteBoundary(ctx, userKind, input.UserName!);

import type {
  PutUserPermissionsBoundaryCommandInput,
  PutUserPermissionsBoundaryCommandOutput,
} from '@aws-sdk/client-iam';
import { putBoundary } from '../boundaries.ts';
import type { IamOperation } from '../context.ts';
import { userKind } from '../identities.ts';

export const PutUserPermissionsBoundary: IamOperation<
  PutUserPermissionsBoundaryCommandInput,
  PutUserPermissionsBoundaryCommandOutput
> = (ctx, input) => putBoundary(ctx, userKind, input.UserName!, input.PermissionsBoundary!);

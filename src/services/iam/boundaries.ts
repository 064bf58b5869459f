/** Permissions boundaries of users and roles: a managed policy as the most that they may do. */

import type { AttachedPermissionsBoundary } from '@aws-sdk/client-iam';
import type { RoleRow, UserRow } from '#model/iam.ts';
import type { View } from '#store/store.ts';
import type { IamContext } from './context.ts';
import { noSuchEntity } from './errors.ts';
import type { IdentityKind } from './identities.ts';
import { changeIdentity } from './identity-policies.ts';
import { findPolicy } from './managed-policies.ts';

/** Throws when there is no such policy. */
export function checkBoundary(view: View, account: string, arn: string): void {
  const policy = findPolicy(view, account, arn);
  if (!policy) throw noSuchEntity(`Scope ARN: ${arn} does not exist or is not attachable.`);
}

export function putBoundary<R extends UserRow | RoleRow>(
  ctx: IamContext,
  kind: IdentityKind<R>,
  name: string,
  arn: string,
) {
  changeIdentity(ctx, kind, name, (row, tx) => {
    checkBoundary(tx, ctx.account, arn);
    return { ...row, permissionsBoundary: arn };
  });
  return {};
}

export function deleteBoundary<R extends UserRow | RoleRow>(ctx: IamContext, kind: IdentityKind<R>, name: string) {
  changeIdentity(ctx, kind, name, (row) => {
    const { permissionsBoundary, ...rest } = row;
    if (permissionsBoundary === undefined)
      throw noSuchEntity(`The ${kind.word} with name ${name} does not have a permissions boundary.`);
    return rest as R;
  });
  return {};
}

/** AWS answers the type `Policy`, whatever its model says. */
export const boundaryView = (arn: string | undefined): { PermissionsBoundary?: AttachedPermissionsBoundary } =>
  arn === undefined
    ? {}
    : {
        PermissionsBoundary: {
          PermissionsBoundaryType: 'Policy' as 'PermissionsBoundaryPolicy',
          PermissionsBoundaryArn: arn,
        },
      };

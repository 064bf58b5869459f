import type { AddRoleToInstanceProfileCommandInput, AddRoleToInstanceProfileCommandOutput } from '@aws-sdk/client-iam';
import { instanceProfiles } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { quotaExceeded } from '../errors.ts';
import { findInstanceProfile, findRole } from '../identities.ts';
import { refuseProtected } from '../protected-roles.ts';

export const AddRoleToInstanceProfile: IamOperation<
  AddRoleToInstanceProfileCommandInput,
  AddRoleToInstanceProfileCommandOutput
> = (ctx, input) => {
  ctx.store.transact((tx) => {
    const profile = findInstanceProfile(tx, ctx.account, input.InstanceProfileName!);
    const role = findRole(tx, ctx.account, input.RoleName!);
    refuseProtected(role);
    if (profile.roleArn !== undefined) throw quotaExceeded('InstanceSessionsPerInstanceProfile', 1);
    tx.put(instanceProfiles, { ...profile, roleArn: role.arn });
  });
  return {};
};

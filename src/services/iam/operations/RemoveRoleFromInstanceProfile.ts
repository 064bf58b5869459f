import type {
  RemoveRoleFromInstanceProfileCommandInput,
  RemoveRoleFromInstanceProfileCommandOutput,
} from '@aws-sdk/client-iam';
import { instanceProfiles } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { noSuchEntity } from '../errors.ts';
import { findInstanceProfile, findRole } from '../identities.ts';

export const RemoveRoleFromInstanceProfile: IamOperation<
  RemoveRoleFromInstanceProfileCommandInput,
  RemoveRoleFromInstanceProfileCommandOutput
> = (ctx, input) => {
  ctx.store.transact((tx) => {
    const profile = findInstanceProfile(tx, ctx.account, input.InstanceProfileName!);
    const role = findRole(tx, ctx.account, input.RoleName!);
    const { roleArn, ...rest } = profile;
    if (roleArn !== role.arn)
      throw noSuchEntity(`Role ${role.name} in Instance Profile ${profile.name} cannot be found.`);
    tx.put(instanceProfiles, rest);
  });
  return {};
};

import type { ChangePasswordCommandInput, ChangePasswordCommandOutput } from '@aws-sdk/client-iam';
import { users } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { accessDenied } from '../errors.ts';
import { findProfile } from '../login-profiles.ts';
import { checkNotExpired, opensPassword, withPassword } from '../passwords.ts';

/** The caller's own. */
export const ChangePassword: IamOperation<ChangePasswordCommandInput, ChangePasswordCommandOutput> = (ctx, input) => {
  ctx.store.transact((tx) => {
    const user = findProfile(ctx, tx, undefined);
    if (!opensPassword(ctx, user, input.OldPassword!)) throw accessDenied('The old password was incorrect.');
    checkNotExpired(ctx, tx, user.loginProfile);
    tx.put(users, { ...user, loginProfile: withPassword(ctx, tx, user, input.NewPassword!, false) });
  });
  return {};
};

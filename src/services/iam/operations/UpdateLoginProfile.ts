import type { UpdateLoginProfileCommandInput, UpdateLoginProfileCommandOutput } from '@aws-sdk/client-iam';
import { users } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { findProfile } from '../login-profiles.ts';
import { withPassword } from '../passwords.ts';

export const UpdateLoginProfile: IamOperation<UpdateLoginProfileCommandInput, UpdateLoginProfileCommandOutput> = (
  ctx,
  input,
) => {
  ctx.store.transact((tx) => {
    const user = findProfile(ctx, tx, input.UserName);
    const { loginProfile: old } = user;
    const resetRequired = input.PasswordResetRequired ?? old.passwordResetRequired;
    const loginProfile =
      input.Password === undefined
        ? { ...old, passwordResetRequired: resetRequired }
        : withPassword(ctx, tx, user, input.Password, resetRequired);
    tx.put(users, { ...user, loginProfile });
  });
  return {};
};

import type { CreateLoginProfileCommandInput, CreateLoginProfileCommandOutput } from '@aws-sdk/client-iam';
import { users } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { currentUser } from '../current-user.ts';
import { entityAlreadyExists, validationError } from '../errors.ts';
import { findUser } from '../identities.ts';
import { loginProfileView } from '../login-profiles.ts';
import { withPassword } from '../passwords.ts';

/** Nobody signs in with a password here; it is held to the account's policy and kept for ChangePassword. */
export const CreateLoginProfile: IamOperation<CreateLoginProfileCommandInput, CreateLoginProfileCommandOutput> = (
  ctx,
  input,
) => {
  const { account } = ctx;
  const password = input.Password;
  if (password === undefined) throw validationError('Password is required.');
  const row = ctx.store.transact((tx) => {
    const user = input.UserName === undefined ? currentUser(ctx, tx) : findUser(tx, account, input.UserName);
    if (!user) throw validationError('Must specify userName when calling with non-User credentials');
    if (user.loginProfile) throw entityAlreadyExists(`Login Profile for user ${user.name} already exists.`);
    const loginProfile = withPassword(ctx, tx, user, password, input.PasswordResetRequired ?? false);
    return tx.put(users, { ...user, loginProfile });
  });
  return { LoginProfile: loginProfileView(row) };
};

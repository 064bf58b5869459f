import type { LoginProfile, UserRow } from '#model/iam.ts';
import type { View } from '#store/store.ts';
import type { IamContext } from './context.ts';
import { currentUser } from './current-user.ts';
import { noSuchEntity, validationError } from './errors.ts';
import { findUser } from './identities.ts';

type WithProfile = UserRow & { readonly loginProfile: LoginProfile };

/** The user that is named, or the caller, with the profile that it must have. */
export function findProfile(ctx: IamContext, view: View, name: string | undefined): WithProfile {
  const user = name === undefined ? currentUser(ctx, view) : findUser(view, ctx.account, name);
  if (!user) throw validationError('Must specify userName when calling with non-User credentials');
  const { loginProfile } = user;
  if (!loginProfile) throw noSuchEntity(`Login Profile for User ${user.name} cannot be found.`);
  return { ...user, loginProfile };
}

export const loginProfileView = (user: UserRow) => ({
  UserName: user.name,
  CreateDate: new Date(user.loginProfile!.createdAt),
  PasswordResetRequired: user.loginProfile!.passwordResetRequired,
});

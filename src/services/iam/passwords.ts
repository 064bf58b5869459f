/** Passwords of users. Nobody signs in with one here; they are sealed, held to the account's policy and never answered. */
import { timingSafeEqual } from 'node:crypto';
import type { LoginProfile, PasswordPolicy, UserRow } from '#model/iam.ts';
import type { View } from '#store/store.ts';
import { accountRow } from './accounts.ts';
import type { IamContext } from './context.ts';
import { accessDenied, passwordViolation } from './errors.ts';

const purpose = 'password';

/** As many as a password policy can forbid to use again. */
const rememberedPasswords = 24;

function isSame(ctx: IamContext, user: UserRow, sealed: string, password: string): boolean {
  const kept = ctx.deps.vault.open(purpose, sealed, user.id);
  const given = Buffer.from(password);
  return kept.length === given.length && timingSafeEqual(kept, given);
}

export const opensPassword = (ctx: IamContext, user: UserRow, password: string): boolean =>
  user.loginProfile !== undefined && isSame(ctx, user, user.loginProfile.sealedPassword, password);

/** The profile with a new password; throws when the account's policy is against it. */
export function withPassword(
  ctx: IamContext,
  view: View,
  user: UserRow,
  password: string,
  passwordResetRequired: boolean,
): LoginProfile {
  const policy = accountRow(view, ctx).passwordPolicy;
  const old = user.loginProfile;
  const used = old ? [old.sealedPassword, ...(old.previousSealedPasswords ?? [])] : [];
  checkPassword(policy, password);
  if (used.slice(0, policy?.reusePrevention ?? 0).some((sealed) => isSame(ctx, user, sealed, password)))
    throw passwordViolation('Policy constraint violation with password reuse prevention during password change.');
  const now = ctx.clock.now();
  return {
    createdAt: old?.createdAt ?? now,
    changedAt: now,
    sealedPassword: ctx.deps.vault.seal(purpose, password, user.id),
    previousSealedPasswords: used.slice(0, rememberedPasswords),
    passwordResetRequired,
  };
}

const day = 24 * 3600_000;

/** With a hard expiry only an administrator can replace a password that is too old. */
export function checkNotExpired(ctx: IamContext, view: View, profile: LoginProfile): void {
  const policy = accountRow(view, ctx).passwordPolicy;
  if (!policy?.hardExpiry || policy.maxAgeDays === undefined) return;
  if (profile.changedAt + policy.maxAgeDays * day < ctx.clock.now())
    throw accessDenied('The password has expired. An administrator must set a new one.');
}

/** What holds in an account that has set nothing: eight characters of three kinds, and not the user's name. */
const isStrongByDefault = (password: string) =>
  [/[A-Z]/, /[a-z]/, /[0-9]/, /[^A-Za-z0-9]/].filter((kind) => kind.test(password)).length >= 3;

function checkPassword(policy: PasswordPolicy | undefined, password: string): void {
  const minimum = policy?.minimumLength ?? 8;
  if (password.length < minimum) throw passwordViolation(`Password should have a minimum length of ${minimum}`);
  if (!policy && !isStrongByDefault(password))
    throw passwordViolation(
      'Password does not conform to the account password policy: it must include a minimum of three of the following mix of character types: uppercase, lowercase, numbers, and symbols.',
    );
  if (policy?.requireUppercase && !/[A-Z]/.test(password))
    throw passwordViolation('Password should have at least one uppercase letter');
  if (policy?.requireLowercase && !/[a-z]/.test(password))
    throw passwordViolation('Password should have at least one lowercase letter');
  if (policy?.requireNumbers && !/[0-9]/.test(password))
    throw passwordViolation('Password should have at least one number');
  if (policy?.requireSymbols && !/[!@#$%^&*()_+\-=[\]{}|']/.test(password))
    throw passwordViolation('Password should have at least one symbol');
}

export const passwordPolicyView = (policy: PasswordPolicy) => ({
  MinimumPasswordLength: policy.minimumLength,
  RequireSymbols: policy.requireSymbols,
  RequireNumbers: policy.requireNumbers,
  RequireUppercaseCharacters: policy.requireUppercase,
  RequireLowercaseCharacters: policy.requireLowercase,
  AllowUsersToChangePassword: policy.allowUsersToChange,
  ExpirePasswords: policy.maxAgeDays !== undefined,
  ...(policy.maxAgeDays !== undefined && { MaxPasswordAge: policy.maxAgeDays }),
  ...(policy.reusePrevention !== undefined && { PasswordReusePrevention: policy.reusePrevention }),
  ...(policy.hardExpiry !== undefined && { HardExpiry: policy.hardExpiry }),
});

import type {
  UpdateAccountPasswordPolicyCommandInput,
  UpdateAccountPasswordPolicyCommandOutput,
} from '@aws-sdk/client-iam';
import type { PasswordPolicy } from '#model/iam.ts';
import { updateAccount } from '../accounts.ts';
import type { IamOperation } from '../context.ts';

/** What a request leaves out goes back to its default. */
export const UpdateAccountPasswordPolicy: IamOperation<
  UpdateAccountPasswordPolicyCommandInput,
  UpdateAccountPasswordPolicyCommandOutput
> = (ctx, input) => {
  const passwordPolicy: PasswordPolicy = {
    minimumLength: input.MinimumPasswordLength ?? 6,
    requireSymbols: input.RequireSymbols ?? false,
    requireNumbers: input.RequireNumbers ?? false,
    requireUppercase: input.RequireUppercaseCharacters ?? false,
    requireLowercase: input.RequireLowercaseCharacters ?? false,
    allowUsersToChange: input.AllowUsersToChangePassword ?? false,
    ...(input.MaxPasswordAge !== undefined && { maxAgeDays: input.MaxPasswordAge }),
    ...(input.PasswordReusePrevention !== undefined && { reusePrevention: input.PasswordReusePrevention }),
    ...(input.HardExpiry !== undefined && { hardExpiry: input.HardExpiry }),
  };
  updateAccount(ctx, (row) => ({ ...row, passwordPolicy }));
  return {};
};

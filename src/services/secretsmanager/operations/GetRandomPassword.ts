import type { GetRandomPasswordCommandInput, GetRandomPasswordCommandOutput } from '@aws-sdk/client-secrets-manager';
import { Constraints } from '#protocol/constraints.ts';
import type { SecretsOperation } from '../context.ts';
import { randomPassword } from '../random-password.ts';

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html */
export const GetRandomPassword: SecretsOperation<GetRandomPasswordCommandInput, GetRandomPasswordCommandOutput> = (
  ctx,
  input,
) => {
  new Constraints()
    .number('passwordLength', input.PasswordLength, { min: 1, max: 4096 })
    .size('excludeCharacters', input.ExcludeCharacters?.length, { max: 4096 })
    .check();
  const excluded = [
    ...(input.ExcludeLowercase ? ['lowercase' as const] : []),
    ...(input.ExcludeUppercase ? ['uppercase' as const] : []),
    ...(input.ExcludeNumbers ? ['numbers' as const] : []),
    ...(input.ExcludePunctuation ? ['punctuation' as const] : []),
  ];
  return {
    RandomPassword: randomPassword(ctx.random, {
      length: input.PasswordLength ?? 32,
      excluded,
      excludeCharacters: input.ExcludeCharacters ?? '',
      includeSpace: input.IncludeSpace ?? false,
      requireEach: input.RequireEachIncludedType ?? true,
    }),
  };
};

import type { GetAccountPasswordPolicyCommandInput, GetAccountPasswordPolicyCommandOutput } from '@aws-sdk/client-iam';
import { accountRow } from '../accounts.ts';
import type { IamOperation } from '../context.ts';
import { noSuchEntity } from '../errors.ts';
import { passwordPolicyView } from '../passwords.ts';

export const GetAccountPasswordPolicy: IamOperation<
  GetAccountPasswordPolicyCommandInput,
  GetAccountPasswordPolicyCommandOutput
> = (ctx) => {
  const { passwordPolicy } = accountRow(ctx.store, ctx);
  if (!passwordPolicy) throw noSuchEntity(`The Password Policy with domain name ${ctx.account} cannot be found.`);
  return { PasswordPolicy: passwordPolicyView(passwordPolicy) };
};

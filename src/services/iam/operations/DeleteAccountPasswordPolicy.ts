import type {
  DeleteAccountPasswordPolicyCommandInput,
  DeleteAccountPasswordPolicyCommandOutput,
} from '@aws-sdk/client-iam';
import { updateAccount } from '../accounts.ts';
import type { IamOperation } from '../context.ts';
import { noSuchEntity } from '../errors.ts';

export const DeleteAccountPasswordPolicy: IamOperation<
  DeleteAccountPasswordPolicyCommandInput,
  DeleteAccountPasswordPolicyCommandOutput
> = (ctx) => {
  updateAccount(ctx, ({ passwordPolicy, ...rest }) => {
    if (!passwordPolicy) throw noSuchEntity('The account policy with name PasswordPolicy cannot be found.');
    return rest;
  });
  return {};
};

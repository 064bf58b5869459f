import type { DeleteAccountAliasCommandInput, DeleteAccountAliasCommandOutput } from '@aws-sdk/client-iam';
import { updateAccount } from '../accounts.ts';
import type { IamOperation } from '../context.ts';
import { noSuchEntity } from '../errors.ts';

export const DeleteAccountAlias: IamOperation<DeleteAccountAliasCommandInput, DeleteAccountAliasCommandOutput> = (
  ctx,
  input,
) => {
  updateAccount(ctx, ({ alias, ...rest }) => {
    if (alias === undefined || alias !== input.AccountAlias)
      throw noSuchEntity(`The account alias with name ${input.AccountAlias} cannot be found.`);
    return rest;
  });
  return {};
};

import type { CreateAccountAliasCommandInput, CreateAccountAliasCommandOutput } from '@aws-sdk/client-iam';
import { accounts } from '#store/tables/iam.ts';
import { updateAccount } from '../accounts.ts';
import type { IamOperation } from '../context.ts';
import { entityAlreadyExists, invalidInput } from '../errors.ts';

/** One alias an account; a new one takes the old one's place. */
export const CreateAccountAlias: IamOperation<CreateAccountAliasCommandInput, CreateAccountAliasCommandOutput> = (
  ctx,
  input,
) => {
  const alias = input.AccountAlias!;
  if (/^\d{12}$/.test(alias)) throw invalidInput('The account alias must not be 12 digits.');
  updateAccount(ctx, (row, tx) => {
    if (tx.count(accounts, 'byAlias', alias) > 0)
      throw entityAlreadyExists(`The account alias ${alias} already exists.`);
    return { ...row, alias };
  });
  return {};
};

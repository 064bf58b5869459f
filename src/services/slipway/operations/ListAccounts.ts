import { accounts } from '#store/tables/iam.ts';
import type { SlipwayOperation } from '../context.ts';
import { invalidParameter } from '../errors.ts';
import { type AccountView, viewAccount } from '../view-account.ts';

export interface ListAccountsInput {
  readonly limit?: number;
  readonly nextToken?: string;
}

export interface ListAccountsOutput {
  readonly accounts: readonly AccountView[];
  readonly nextToken?: string;
}

/** Every account of this installation, by id. */
export const ListAccounts: SlipwayOperation<ListAccountsInput, ListAccountsOutput> = (ctx, input) => {
  const { limit = 100, nextToken } = input;
  if (!Number.isInteger(limit) || limit < 1 || limit > 1_000) {
    throw invalidParameter('limit must be a whole number from 1 to 1000.');
  }
  if (nextToken !== undefined && !/^\d{12}$/.test(nextToken)) {
    throw invalidParameter('nextToken is not one that was answered here.');
  }
  const found: AccountView[] = [];
  for (const row of ctx.store.all(accounts, nextToken)) {
    if (found.length === limit) return { accounts: found, nextToken: found.at(-1)!.accountId };
    found.push(viewAccount(row));
  }
  return { accounts: found };
};

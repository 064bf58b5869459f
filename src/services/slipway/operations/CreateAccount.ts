import { insertAccount } from '#auth/administrator.ts';
import { decimalId } from '#lib/ids.ts';
import type { View } from '#store/store.ts';
import { accounts } from '#store/tables/iam.ts';
import type { SlipwayContext, SlipwayOperation } from '../context.ts';
import { accountAlreadyExists, invalidParameter } from '../errors.ts';
import { type AccountView, viewAccount } from '../view-account.ts';

export interface CreateAccountInput {
  /** 12 digits; drawn at random when absent. */
  readonly accountId?: string;
  readonly name?: string;
}

export interface CreateAccountOutput {
  readonly account: AccountView;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

function freeId({ random }: SlipwayContext, view: View): string {
  for (;;) {
    const id = decimalId(random, 12);
    if (!view.get(accounts, id)) return id;
  }
}

/** An account, and the access key of its root user: the one time that the secret is answered. */
export const CreateAccount: SlipwayOperation<CreateAccountInput, CreateAccountOutput> = (ctx, input) => {
  const { accountId, name } = input;
  if (accountId !== undefined && !/^\d{12}$/.test(accountId)) {
    throw invalidParameter(`accountId must have 12 digits, not "${accountId}".`);
  }
  if (name !== undefined && !/^[ -~]{1,50}$/.test(name)) {
    throw invalidParameter('name must have 1 to 50 characters of ASCII.');
  }
  const { vault } = ctx.deps;
  const { clock, random } = ctx;
  return ctx.store.transact((tx) => {
    const id = accountId ?? freeId(ctx, tx);
    if (tx.get(accounts, id)) throw accountAlreadyExists(id);
    const key = insertAccount(tx, { vault, clock, random }, { id, ...(name !== undefined && { name }) });
    const account = viewAccount(tx.get(accounts, id)!);
    return { account, accessKeyId: key.accessKeyId, secretAccessKey: key.secretAccessKey };
  });
};

import type { AccountRow } from '#model/iam.ts';
import type { Tx, View } from '#store/store.ts';
import { accounts } from '#store/tables/iam.ts';
import type { IamContext } from './context.ts';

/** An account that nobody made (a made-up key's) has a row from its first setting on. */
export const accountRow = (view: View, ctx: IamContext): AccountRow =>
  view.get(accounts, ctx.account) ?? { id: ctx.account, createdAt: ctx.clock.now() };

export function updateAccount(ctx: IamContext, change: (row: AccountRow, tx: Tx) => AccountRow): void {
  ctx.store.transact((tx) => tx.put(accounts, change(accountRow(tx, ctx), tx)));
}

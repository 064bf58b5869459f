/** The first principal: root of the account that everything is in until somebody makes another. */

import type { Vault } from '#keys/vault.ts';
import type { Clock } from '#lib/clock.ts';
import { decimalId } from '#lib/ids.ts';
import type { Random } from '#lib/random.ts';
import type { AccountRow } from '#model/iam.ts';
import type { Store, Tx, View } from '#store/store.ts';
import { accessKeys, accounts } from '#store/tables/iam.ts';
import { type AccessKey, insertAccessKey, openAccessKey } from './access-key.ts';

/** The account that test suites in the field take for granted. */
export const permissiveAccount = '000000000000';

/** The administrator's account; where none is marked, the oldest, which was made by the first start. */
export function administratorAccount(view: View): AccountRow | undefined {
  const oldestFirst = [...view.all(accounts)].sort((a, b) => a.createdAt - b.createdAt);
  return oldestFirst.find((row) => row.isAdministrator) ?? oldestFirst[0];
}

const rootArn = (account: string) => `arn:aws:iam::${account}:root`;

/** An account with an access key of its root, whose secret nobody gets to see again. */
export function insertAccount(
  tx: Tx,
  deps: { readonly vault: Vault; readonly clock: Clock; readonly random: Random },
  account: Omit<AccountRow, 'createdAt'>,
): AccessKey {
  const { id } = account;
  tx.insert(accounts, { ...account, createdAt: deps.clock.now() });
  return insertAccessKey(tx, deps, { account: id, principalArn: rootArn(id), principalId: id });
}

/**
 * The administrator's access key: the oldest active one of its account's root, or a new one when there is none. Durable
 * when this resolves. `account` is that of a new administrator; 12 random digits by default, so that no two
 * installations share one.
 */
export async function ensureAdministrator(options: {
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly random: Random;
  readonly account?: string;
}): Promise<{ readonly administrator: AccessKey; readonly created: boolean }> {
  const { store, vault, random } = options;
  const known = administratorAccount(store);
  const found =
    known &&
    [...store.find(accessKeys, 'byPrincipal', rootArn(known.id))]
      .filter((row) => row.status === 'Active')
      .sort((a, b) => a.createdAt - b.createdAt)[0];
  if (found) return { administrator: openAccessKey(vault, found), created: false };
  const administrator = store.transact((tx) => {
    if (!known) {
      const id = options.account ?? decimalId(random, 12);
      return insertAccount(tx, options, { id, isAdministrator: true });
    }
    return insertAccessKey(tx, options, {
      account: known.id,
      principalArn: rootArn(known.id),
      principalId: known.id,
    });
  });
  await store.durable();
  return { administrator, created: true };
}

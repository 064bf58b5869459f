/** The first principal: root of the account that everything is in until somebody makes another. */

import type { Vault } from '#keys/vault.ts';
import type { Clock } from '#lib/clock.ts';
import { decimalId } from '#lib/ids.ts';
import type { Random } from '#lib/random.ts';
import type { AccessKeyRow } from '#model/rows.ts';
import type { Store } from '#store/store.ts';
import { accessKeys, accounts } from '#store/tables.ts';
import { type AccessKey, insertAccessKey, openAccessKey } from './access-key.ts';

/** The account that test suites in the field take for granted. */
export const permissiveAccount = '000000000000';

const isAdministrator = (row: AccessKeyRow) => row.status === 'Active' && row.principalArn.endsWith(':root');

/**
 * The administrator's access key: the oldest active one of a root, or a new one when there is none. Durable when this
 * resolves. `account` is that of a new administrator; 12 random digits by default, so that no two installations share one.
 */
export async function ensureAdministrator(options: {
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly random: Random;
  readonly account?: string;
}): Promise<{ readonly administrator: AccessKey; readonly created: boolean }> {
  const { store, vault, clock, random } = options;
  const found = [...store.all(accessKeys)].filter(isAdministrator).sort((a, b) => a.createdAt - b.createdAt)[0];
  if (found) return { administrator: openAccessKey(vault, found), created: false };
  const account = options.account ?? decimalId(random, 12);
  const administrator = store.transact((tx) => {
    if (!tx.get(accounts, account)) tx.insert(accounts, { id: account, createdAt: clock.now() });
    return insertAccessKey(tx, options, {
      account,
      principalArn: `arn:aws:iam::${account}:root`,
      principalId: account,
    });
  });
  await store.durable();
  return { administrator, created: true };
}

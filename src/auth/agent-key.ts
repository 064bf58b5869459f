/** The access key of the agent on this machine: a principal of its own in the administrator's account. */

import type { Vault } from '#keys/vault.ts';
import type { Clock } from '#lib/clock.ts';
import { hexId } from '#lib/ids.ts';
import type { Random } from '#lib/random.ts';
import type { Store } from '#store/store.ts';
import { accessKeys } from '#store/tables.ts';
import { type AccessKey, insertAccessKey, openAccessKey } from './access-key.ts';

const agentUser = 'user/slipway-agent';

/** The active key of the account's agent user, or a new one. Durable when this resolves. */
export async function ensureAgentKey(options: {
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly random: Random;
  readonly account: string;
}): Promise<AccessKey> {
  const { store, vault, random, account } = options;
  const principalArn = `arn:aws:iam::${account}:${agentUser}`;
  for (const row of store.all(accessKeys)) {
    if (row.principalArn === principalArn && row.status === 'Active') return openAccessKey(vault, row);
  }
  const key = store.transact((tx) =>
    insertAccessKey(tx, options, {
      account,
      principalArn,
      principalId: `AIDA${hexId(random, 8).toUpperCase()}`,
    }),
  );
  await store.durable();
  return key;
}

/** The access key of the agent on this machine: a principal of its own in the administrator's account. */
import type { Clock } from '#lib/clock.ts';
import { accessKeyId, hexId } from '#lib/ids.ts';
import type { Random } from '#lib/random.ts';
import type { AccessKeyRow } from '#model/rows.ts';
import type { Store } from '#store/store.ts';
import { accessKeys } from '#store/tables.ts';
import { secretAccessKey } from './administrator.ts';

const agentUser = 'user/slipway-agent';

/** The active key of the account's agent user, or a new one. Durable when this resolves. */
export async function ensureAgentKey(options: {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly account: string;
}): Promise<AccessKeyRow> {
  const { store, clock, random, account } = options;
  const principalArn = `arn:aws:iam::${account}:${agentUser}`;
  for (const row of store.all(accessKeys)) {
    if (row.principalArn === principalArn && row.status === 'Active') return row;
  }
  const row = store.transact((tx) =>
    tx.insert(accessKeys, {
      accessKeyId: accessKeyId(random, 'AKIA'),
      secretAccessKey: secretAccessKey(random),
      account,
      principalArn,
      principalId: `AIDA${hexId(random, 8).toUpperCase()}`,
      status: 'Active',
      createdAt: clock.now(),
    }),
  );
  await store.durable();
  return row;
}

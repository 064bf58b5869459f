/** Long-lived access keys: how they are made, sealed and opened. A secret leaves here only for its owner and for SigV4. */

import type { Vault } from '#keys/vault.ts';
import type { Clock } from '#lib/clock.ts';
import { accessKeyId } from '#lib/ids.ts';
import type { Random } from '#lib/random.ts';
import type { AccessKeyRow } from '#model/rows.ts';
import type { Tx } from '#store/store.ts';
import { accessKeys } from '#store/tables/iam.ts';

/** A row with its secret in clear: for its owner's eyes. */
export interface AccessKey extends Omit<AccessKeyRow, 'sealedSecret'> {
  readonly secretAccessKey: string;
}

const purpose = 'access key';

/** 40 characters of base64, as AWS makes them: 240 bits. */
export const secretAccessKey = (random: Random): string => Buffer.from(random.bytes(30)).toString('base64');

export const openSecret = (vault: Vault, row: AccessKeyRow): string =>
  vault.open(purpose, row.sealedSecret, row.accessKeyId).toString();

export function openAccessKey(vault: Vault, row: AccessKeyRow): AccessKey {
  const { sealedSecret: _, ...rest } = row;
  return { ...rest, secretAccessKey: openSecret(vault, row) };
}

export function insertAccessKey(
  tx: Tx,
  deps: { readonly vault: Vault; readonly clock: Clock; readonly random: Random },
  owner: Pick<AccessKeyRow, 'account' | 'principalArn' | 'principalId'>,
): AccessKey {
  const id = accessKeyId(deps.random, 'AKIA', owner.account);
  const secret = secretAccessKey(deps.random);
  const row = tx.insert(accessKeys, {
    ...owner,
    accessKeyId: id,
    sealedSecret: deps.vault.seal(purpose, secret, id),
    status: 'Active',
    createdAt: deps.clock.now(),
  });
  return openAccessKey(deps.vault, row);
}

/**
 * Credentials, sessions and permission. Every caller is a principal: people and programs by access keys in the store,
 * agents by keys of their own. Nothing here ever logs or answers a secret.
 */
import type { Credential, CredentialSource } from '#protocol/authenticate.ts';
import type { Principal } from '#protocol/service.ts';
import type { View } from '#store/store.ts';
import { accessKeys } from '#store/tables.ts';

/** The account of keys that name none, as test suites in the field expect it. */
export const permissiveAccount = '000000000000';

/** Credentials by the access keys of the store. An inactive key is as good as none. */
export function createCredentials(store: View): CredentialSource {
  return {
    find(accessKeyId) {
      const row = store.get(accessKeys, accessKeyId);
      if (!row || row.status !== 'Active') return undefined;
      return {
        secretAccessKey: row.secretAccessKey,
        principal: { account: row.account, arn: row.principalArn, userId: row.principalId, accessKeyId },
      };
    },
  };
}

const accountId = /^\d{12}$/;

function madeUpPrincipal(accessKeyId: string): Principal {
  const account = accountId.test(accessKeyId) ? accessKeyId : permissiveAccount;
  return { account, arn: `arn:aws:iam::${account}:root`, userId: account, accessKeyId };
}

/**
 * For test suites that sign with made-up keys, on loopback only: a key that the store does not know is let in without
 * proof, as the root of the account that its 12 digits name, or of the permissive account. Known keys are checked.
 */
export function createPermissiveCredentials(store: View): CredentialSource {
  const known = createCredentials(store);
  return {
    find: (accessKeyId): Credential => known.find(accessKeyId) ?? { principal: madeUpPrincipal(accessKeyId) },
  };
}

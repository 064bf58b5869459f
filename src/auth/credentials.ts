/**
 * Credentials, sessions and permission. Every caller is a principal: people and programs by access keys in the store,
 * agents by keys of their own. Nothing here ever logs or answers a secret.
 */
import type { Credential, CredentialSource } from '#protocol/authenticate.ts';
import type { Principal } from '#protocol/service.ts';
import type { View } from '#store/store.ts';
import { accessKeys } from '#store/tables.ts';

/** Credentials by the access keys of the store. An inactive key is as good as none. */
export function createCredentials(store: View): CredentialSource {
  return {
    find(accessKeyId) {
      const row = store.get(accessKeys, accessKeyId);
      if (row?.status !== 'Active') return undefined;
      return {
        secretAccessKey: row.secretAccessKey,
        principal: { account: row.account, arn: row.principalArn, userId: row.principalId, accessKeyId },
      };
    },
  };
}

const accountId = /^\d{12}$/;

function madeUpPrincipal(accessKeyId: string, defaultAccount: string): Principal {
  const account = accountId.test(accessKeyId) ? accessKeyId : defaultAccount;
  return { account, arn: `arn:aws:iam::${account}:root`, userId: account, accessKeyId };
}

/**
 * For test suites that sign with made-up keys, on loopback only: a key that the store does not know is let in without
 * proof, as the root of the account that its 12 digits name, or else of `defaultAccount`. Known keys are checked.
 */
export function createPermissiveCredentials(store: View, defaultAccount: string): CredentialSource {
  const known = createCredentials(store);
  return {
    find: (accessKeyId): Credential => {
      return known.find(accessKeyId) ?? { principal: madeUpPrincipal(accessKeyId, defaultAccount) };
    },
  };
}

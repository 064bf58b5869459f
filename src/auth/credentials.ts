/**
 * Credentials, sessions and permission. Every caller is a principal: people and programs by access keys in the store,
 * agents by keys of their own. Nothing here ever logs or answers a secret.
 */
import type { Vault } from '#keys/vault.ts';
import type { AccessKeyRow } from '#model/rows.ts';
import type { Credential, CredentialSource } from '#protocol/authenticate.ts';
import type { Principal } from '#protocol/service.ts';
import type { View } from '#store/store.ts';
import { accessKeys, users } from '#store/tables/iam.ts';
import { openSecret } from './access-key.ts';
import { isRootArn } from './principals.ts';
import { isSessionToken, type Sessions } from './sessions.ts';

export interface CredentialDeps {
  readonly view: View;
  readonly vault: Vault;
  readonly sessions: Sessions;
}

/** A key of a user who is gone, or whose name somebody else has now, is nobody's. */
const hasOwner = (view: View, row: AccessKeyRow): boolean =>
  isRootArn(row.principalArn) || view.get(users, row.principalArn)?.id === row.principalId;

/** Credentials by the access keys of the store and by session tokens. An inactive key is as good as none. */
export function createCredentials({ view, vault, sessions }: CredentialDeps): CredentialSource {
  /** Rows are never changed, so what was opened of one stays true as long as it is the row. */
  const secrets = new WeakMap<AccessKeyRow, string>();
  const secretOf = (row: AccessKeyRow): string => {
    let secret = secrets.get(row);
    if (secret === undefined) {
      secret = openSecret(vault, row);
      secrets.set(row, secret);
    }
    return secret;
  };
  return {
    find(accessKeyId, sessionToken) {
      if (sessionToken !== undefined && accessKeyId.startsWith('ASIA')) return sessions.open(accessKeyId, sessionToken);
      const row = view.get(accessKeys, accessKeyId);
      if (row?.status !== 'Active' || !hasOwner(view, row)) return undefined;
      return {
        secretAccessKey: secretOf(row),
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
 * proof, as the root of the account that its 12 digits name, or else of `defaultAccount`. Known keys are checked, and
 * those that are not good any more are refused.
 */
export function createPermissiveCredentials(deps: CredentialDeps, defaultAccount: string): CredentialSource {
  const known = createCredentials(deps);
  return {
    find(accessKeyId, sessionToken): Credential | undefined {
      const credential = known.find(accessKeyId, sessionToken);
      if (credential || deps.view.get(accessKeys, accessKeyId)) return credential;
      if (sessionToken !== undefined && isSessionToken(deps.vault, accessKeyId, sessionToken)) return undefined;
      return { principal: madeUpPrincipal(accessKeyId, defaultAccount) };
    },
  };
}

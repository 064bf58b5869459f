/**
 * Credentials for other registries, from Secrets Manager: `{"username": …, "accessToken": …}` in a secret of the account
 * and region of the registry that uses them. They are opened in the control plane at the moment of use and go to the
 * registry process over its channel; no row, log or answer shows them.
 *
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-creating-secret.html
 */
import { createAuthorize } from '#auth/authorize.ts';
import { keyPermission } from '#keys/kms-access.ts';
import { openValue, problemOf } from '#keys/kms-key.ts';
import type { Vault } from '#keys/vault.ts';
import type { Clock } from '#lib/clock.ts';
import type { Scope } from '#model/arn.ts';
import { scopeKey } from '#model/arn.ts';
import type { SecretRow, SecretVersionRow } from '#model/secretsmanager.ts';
import type { Permission } from '#protocol/authorize.ts';
import type { Principal } from '#protocol/service.ts';
import type { View } from '#store/store.ts';
import { kmsKeys, secrets, secretVersions } from '#store/tables/secrets.ts';
import type { Credentials } from './client/tokens.ts';

export type CredentialsResult = Credentials | { readonly refused: string };

interface Deps {
  readonly view: View;
  readonly vault: Vault;
  readonly clock: Clock;
}

const byName = (view: View, scope: Scope, name: string): SecretRow | undefined => {
  for (const row of view.find(secrets, 'byName', `${scopeKey(scope)}/${name}`)) return row;
  return undefined;
};

/** By ARN, with or without the six characters at its end, or by name. */
export function findSecret(view: View, scope: Scope, id: string): SecretRow | undefined {
  const found = view.get(secrets, id) ?? byName(view, scope, id.replace(/^arn:.*:secret:/, ''));
  const isOwn = found?.account === scope.account && found.region === scope.region;
  return isOwn && found.deletionAt === undefined ? found : undefined;
}

function currentVersion(view: View, secret: SecretRow): SecretVersionRow | undefined {
  for (const row of view.find(secretVersions, 'bySecret', secret.arn)) {
    if (row.stages.includes('AWSCURRENT')) return row;
  }
  return undefined;
}

function parse(secret: SecretRow, bytes: Buffer): CredentialsResult {
  let document: { username?: unknown; accessToken?: unknown };
  try {
    document = JSON.parse(bytes.toString());
  } catch {
    return { refused: `the secret ${secret.name} is not JSON` };
  }
  const { username, accessToken } = document ?? {};
  if (typeof username !== 'string' || typeof accessToken !== 'string' || username === '' || accessToken === '') {
    return { refused: `the secret ${secret.name} has no username and accessToken` };
  }
  return { username, password: accessToken };
}

/** Asked as `principal` may read it; without one it is the house's own. */
export function readCredentials(
  deps: Deps,
  scope: Scope,
  id: string,
  principal: Principal | undefined,
): CredentialsResult {
  const { view, vault, clock } = deps;
  const secret = findSecret(view, scope, id);
  if (!secret) return { refused: `the secret ${id.replace(/^arn:.*:secret:/, '')} does not exist` };
  const version = currentVersion(view, secret);
  const key = version && view.get(kmsKeys, version.kmsKeyArn);
  if (!version || problemOf(key) !== undefined) return { refused: `the secret ${secret.name} cannot be decrypted` };
  const encryptionContext = { SecretARN: secret.arn, SecretVersionId: version.versionId };
  if (principal) {
    const read: Permission = {
      action: 'secretsmanager:GetSecretValue',
      resource: secret.arn,
      resourceTags: secret.tags,
      resourcePolicy: secret.policy === undefined ? undefined : { name: 'secret policy', document: secret.policy },
    };
    const use = { principal, encryptionContext, viaService: 'secretsmanager' };
    const decision = createAuthorize({ view, clock })({
      requestId: '',
      region: scope.region,
      sourceIp: '',
      userAgent: 'ecr.amazonaws.com',
      secure: true,
      principal,
      permissions: [read, keyPermission(view, key!, 'kms:Decrypt', use)],
    });
    if (!decision.allowed) return { refused: decision.message };
  }
  return parse(secret, openValue(vault, key!, version.sealed, encryptionContext));
}

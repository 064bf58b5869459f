/**
 * AWS Secrets Manager. Values are in the rows of versions, sealed under the KMS key of their secret.
 *
 * - A value leaves in GetSecretValue and BatchGetSecretValue only, and its reader may use its key.
 * - Of a secret's versions at most one has each staging label, and one that has a current version always has one.
 * - A replica is a secret of its own in another region, kept as its primary by the transactions that change the primary.
 * - Rotation is recorded, never run: there is no Lambda. What asks for a rotation now is refused.
 */
import type { Vault } from '#keys/vault.ts';
import type { ServiceDefinition } from '#protocol/service.ts';

export const createSecretsManagerService = (deps: { readonly vault: Vault }): ServiceDefinition => ({
  name: 'secretsmanager',
  signingName: 'secretsmanager',
  hostPrefixes: ['secretsmanager'],
  targetPrefix: 'secretsmanager',
  apiVersion: '2017-10-17',
  protocols: ['awsJson1_1'],
  deps,
  async load() {
    const [schemas, { handlers }, { permissions }] = await Promise.all([
      import('@aws-sdk/client-secrets-manager'),
      import('./handlers.ts'),
      import('./permissions.ts'),
    ]);
    return { schemas: schemas as unknown as Readonly<Record<string, unknown>>, handlers, permissions };
  },
});

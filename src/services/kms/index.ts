/**
 * AWS KMS, small and honest: what it answers was done with real ciphers and real keys. Keys, their material, envelope
 * encryption and grants are in `keys/`, because other services use keys too; here are the operations.
 *
 * - Key material never leaves: no operation, error or log shows it. Private keys of asymmetric KMS keys stay inside too.
 * - A key's policy is asked for every operation on it (`permissions.ts`), also for the root of its account.
 * - Imported material, multi-Region keys, custom key stores and enclaves are refused.
 */
import type { Vault } from '#keys/vault.ts';
import type { ServiceDefinition } from '#protocol/service.ts';

export const createKmsService = (deps: { readonly vault: Vault }): ServiceDefinition => ({
  name: 'kms',
  signingName: 'kms',
  hostPrefixes: ['kms'],
  targetPrefix: 'TrentService',
  apiVersion: '2014-11-01',
  protocols: ['awsJson1_1'],
  deps,
  async load() {
    const [schemas, { handlers }, { permissions }] = await Promise.all([
      import('@aws-sdk/client-kms'),
      import('./handlers.ts'),
      import('./permissions.ts'),
    ]);
    return { schemas: schemas as unknown as Readonly<Record<string, unknown>>, handlers, permissions };
  },
});

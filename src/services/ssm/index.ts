/**
 * AWS Systems Manager: Parameter Store, and nothing else of that service. Values are sealed in the rows of versions,
 * SecureStrings under the KMS key that their writer named.
 *
 * - A value leaves in GetParameter, GetParameters, GetParametersByPath and GetParameterHistory only; a SecureString in
 *   clear only where decryption was asked for and the caller may use its key.
 * - An expired parameter is answered no more from the millisecond of its expiration; a reconciler drops its rows.
 * - Public parameters (`public-parameters.ts`) are computed, the same in every account.
 */
import type { Vault } from '#keys/vault.ts';
import type { ServiceDefinition } from '#protocol/service.ts';

export const createSsmService = (deps: { readonly vault: Vault }): ServiceDefinition => ({
  name: 'ssm',
  signingName: 'ssm',
  hostPrefixes: ['ssm'],
  targetPrefix: 'AmazonSSM',
  apiVersion: '2014-11-06',
  protocols: ['awsJson1_1'],
  deps,
  async load() {
    const [schemas, { handlers }, { permissions }] = await Promise.all([
      import('@aws-sdk/client-ssm'),
      import('./handlers.ts'),
      import('./permissions.ts'),
    ]);
    return { schemas: schemas as unknown as Readonly<Record<string, unknown>>, handlers, permissions };
  },
});

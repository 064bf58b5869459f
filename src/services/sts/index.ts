/**
 * AWS STS: who a caller is, and temporary credentials. Sessions are self-contained (auth/sessions.ts), so nothing here
 * writes a row.
 */
import { type AuthorizeDeps, authorizeCaller } from '#auth/authorize.ts';
import type { Sessions } from '#auth/sessions.ts';
import type { Vault } from '#keys/vault.ts';
import type { ServiceDefinition } from '#protocol/service.ts';
import type { StsDeps } from './context.ts';
import { createIssuerKeys } from './web-identity/issuer-keys.ts';

export function createStsService(
  options: AuthorizeDeps & { readonly sessions: Sessions; readonly vault: Vault },
): ServiceDefinition {
  const { sessions, vault, clock } = options;
  const deps: StsDeps = {
    sessions,
    vault,
    issuerKeys: createIssuerKeys({ clock }),
    authorizeWebIdentity(provider, request) {
      const principal = { kind: 'web-identity', provider } as const;
      return authorizeCaller(options, { principal, userId: undefined, tags: undefined }, request);
    },
  };
  return {
    name: 'sts',
    signingName: 'sts',
    hostPrefixes: ['sts'],
    apiVersion: '2011-06-15',
    xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
    protocols: ['awsQuery'],
    unsignedOperations: ['AssumeRoleWithWebIdentity', 'AssumeRoleWithSAML'],
    deps,
    async load() {
      const [schemas, { handlers }, { permissions }] = await Promise.all([
        import('@aws-sdk/client-sts'),
        import('./handlers.ts'),
        import('./permissions.ts'),
      ]);
      return { schemas, handlers, permissions };
    },
  };
}

/**
 * AWS IAM: who there is in an account and what they may do. It is global: every request is of the region us-east-1, and
 * rows have no region.
 *
 * It keeps what clients write and decides nothing: `auth` reads the same rows at every request, so a change holds from
 * the next request on. Policies are checked when they are written (`documents.ts`) and kept as the client's own text.
 *
 * Invariants: names of a kind are unique in an account without regard to case; what is in use is not deleted; quotas are
 * AWS's defaults; a secret is answered once, by the call that makes it.
 *
 * SAML providers, MFA devices, SSH keys, certificates and service-specific credentials do not exist here.
 */
import type { ServiceDefinition } from '#protocol/service.ts';
import type { IamDeps } from './context.ts';

export function createIamService(deps: IamDeps): ServiceDefinition {
  return {
    name: 'iam',
    signingName: 'iam',
    hostPrefixes: ['iam'],
    apiVersion: '2010-05-08',
    xmlNamespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
    protocols: ['awsQuery'],
    globalRegion: 'us-east-1',
    deps,
    async load() {
      const [schemas, { handlers }, { permissions }] = await Promise.all([
        import('@aws-sdk/client-iam'),
        import('./handlers.ts'),
        import('./permissions.ts'),
      ]);
      return { schemas: schemas as unknown as Readonly<Record<string, unknown>>, handlers, permissions };
    },
  };
}

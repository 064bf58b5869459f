/** AWS STS as a service of ours: who a caller is. Roles and sessions are not made here yet. */
import type { ServiceDefinition } from '#protocol/service.ts';

export function createStsService(): ServiceDefinition {
  return {
    name: 'sts',
    signingName: 'sts',
    hostPrefixes: ['sts'],
    apiVersion: '2011-06-15',
    xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
    protocols: ['awsQuery'],
    deps: {},
    async load() {
      const [schemas, { handlers }] = await Promise.all([import('@aws-sdk/client-sts'), import('./handlers.ts')]);
      return { schemas, handlers };
    },
  };
}

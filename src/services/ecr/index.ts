/**
 * Amazon ECR, the private registry, as a service of ours. Handlers check in AWS's words, decide, write rows and answer
 * views of them; images and repositories are born and die in the `images` room, which the registry's own routes share.
 * Bytes are behind `deps.blobs`. Scanning, signing, replication and caching are done by others from the rows kept here.
 */

import { missingMembers } from '#images/api/missing-members.ts';
import type { ServiceDefinition } from '#protocol/service.ts';
import type { EcrDeps } from './context.ts';

export function createEcrService(deps: EcrDeps): ServiceDefinition {
  return {
    name: 'ecr',
    signingName: 'ecr',
    hostPrefixes: ['api.ecr', 'ecr'],
    targetPrefix: 'AmazonEC2ContainerRegistry_V20150921',
    protocols: ['awsJson1_1'],
    missingMembers,
    deps,
    async load() {
      const [schemas, { handlers }, { permissions }] = await Promise.all([
        import('@aws-sdk/client-ecr'),
        import('./handlers.ts'),
        import('./permissions.ts'),
      ]);
      return { schemas: { ...schemas }, handlers, permissions };
    },
  };
}

/**
 * Amazon ECR Public as a service of ours: registries of accounts under aliases, whose images everybody may pull. It lives
 * in us-east-1. What it has in common with ECR is in `images/api`.
 */
import { missingMembers } from '#images/api/missing-members.ts';
import type { ServiceDefinition } from '#protocol/service.ts';
import type { EcrPublicDeps } from './context.ts';

export function createEcrPublicService(deps: EcrPublicDeps): ServiceDefinition {
  return {
    name: 'ecr-public',
    signingName: 'ecr-public',
    hostPrefixes: ['api.ecr-public', 'ecr-public'],
    targetPrefix: 'SpencerFrontendService',
    protocols: ['awsJson1_1'],
    globalRegion: 'us-east-1',
    missingMembers,
    deps,
    async load() {
      const [schemas, { handlers }, { permissions }] = await Promise.all([
        import('@aws-sdk/client-ecr-public'),
        import('./handlers.ts'),
        import('./permissions.ts'),
      ]);
      return { schemas: { ...schemas }, handlers, permissions };
    },
  };
}

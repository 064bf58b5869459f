/**
 * Amazon ECS as a service of ours: the names by which clients address it, and its operations. Handlers validate in
 * AWS's words, decide, write rows in one transaction and answer a view of them. They start no container: reconcilers,
 * `launch` and `acs` act on the rows. They never import another service; what they need of one they read in the store.
 */
import type { ServiceDefinition } from '#protocol/service.ts';
import { withAgentMembers } from './agent-schemas.ts';
import type { EcsDeps } from './context.ts';
import { missingMembers } from './missing-members.ts';

export function createEcsService(deps: EcsDeps = {}): ServiceDefinition {
  return {
    name: 'ecs',
    signingName: 'ecs',
    hostPrefixes: ['ecs'],
    targetPrefix: 'AmazonEC2ContainerServiceV20141113',
    protocols: ['awsJson1_1'],
    missingMembers,
    deps,
    async load() {
      const [schemas, { handlers }, { permissions }] = await Promise.all([
        import('@aws-sdk/client-ecs'),
        import('./handlers.ts'),
        import('./permissions/permissions.ts'),
      ]);
      return { schemas: withAgentMembers(schemas), handlers, permissions };
    },
  };
}

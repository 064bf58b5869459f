/**
 * Slipway's own API, for what AWS has no words for: the history of tasks and services, why tasks are placed where they
 * are, why a request was refused, the accounts of this installation, and machines that join as instances. No AWS SDK knows it. It is spoken like the rest
 * (awsJson, SigV4 with the service name `slipway`, IAM actions `slipway:…`), from schemas of the same form, written by
 * hand in schemas.ts.
 *
 * It only reads, but for CreateAccount, JoinInstance, RemoveInstance and StartRegistryMaintenance.
 */
import type { ServiceDefinition } from '#protocol/service.ts';
import type { SlipwayDeps } from './context.ts';

export const targetPrefix = 'Slipway_20261101';

export function createSlipwayService(deps: SlipwayDeps): ServiceDefinition {
  return {
    name: 'slipway',
    signingName: 'slipway',
    hostPrefixes: ['slipway'],
    targetPrefix,
    apiVersion: '2026-11-01',
    protocols: ['awsJson1_1'],
    deps,
    async load() {
      const [{ schemas }, { handlers }, { permissions }] = await Promise.all([
        import('./schemas.ts'),
        import('./handlers.ts'),
        import('./permissions.ts'),
      ]);
      return { schemas, handlers, permissions };
    },
  };
}

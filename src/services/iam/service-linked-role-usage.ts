/** What in an account still needs a service-linked role: while there is any, the role cannot go. */
import type { Scope } from '#model/arn.ts';
import type { View } from '#store/store.ts';
import { pullThroughCacheRules, registries, repositoryCreationTemplates } from '#store/tables/ecr.ts';
import { clusters } from '#store/tables/ecs.ts';

export interface RegionUsage {
  readonly region: string;
  readonly resources: readonly string[];
}

type Used = Scope & { readonly resource: string };

function* registryResources(rows: Iterable<Scope & { readonly prefix: string }>, kind: string): Generator<Used> {
  for (const { account, region, prefix } of rows)
    yield { account, region, resource: `arn:aws:ecr:${region}:${account}:${kind}/${prefix}` };
}

/** By the service's principal; a service that is not here needs its role for nothing that lasts. */
const usersOf: Readonly<Record<string, (view: View) => Iterable<Used>>> = {
  *'ecs.amazonaws.com'(view) {
    for (const { account, region, arn, status } of view.all(clusters))
      if (status !== 'INACTIVE') yield { account, region, resource: arn };
  },
  *'replication.ecr.amazonaws.com'(view) {
    for (const { account, region, replicationRules } of view.all(registries))
      if (replicationRules?.length) yield { account, region, resource: `arn:aws:ecr:${region}:${account}:registry` };
  },
  'pullthroughcache.ecr.amazonaws.com': (view) =>
    registryResources(view.all(pullThroughCacheRules), 'pull-through-cache-rule'),
  'ecr.amazonaws.com': (view) =>
    registryResources(view.all(repositoryCreationTemplates), 'repository-creation-template'),
};

export function usageOf(view: View, account: string, service: string): RegionUsage[] {
  const byRegion = new Map<string, string[]>();
  const walk = Object.hasOwn(usersOf, service) ? usersOf[service]! : () => [];
  for (const used of walk(view)) {
    if (used.account !== account) continue;
    const list = byRegion.get(used.region);
    if (list) list.push(used.resource);
    else byRegion.set(used.region, [used.resource]);
  }
  return [...byRegion].map(([region, resources]) => ({ region, resources }));
}

/** Which pull-through cache rule a repository falls under, and what it is called at the upstream. */

import { scopeKey } from '#model/arn.ts';
import type { Registry } from '#model/ecr.ts';
import type { PullThroughCacheRuleRow } from '#model/ecr-registry.ts';
import type { View } from '#store/store.ts';
import { pullThroughCacheRules } from '#store/tables/ecr.ts';
import { templateKey as ruleKey } from './repositories.ts';

export interface UpstreamRepository {
  readonly rule: PullThroughCacheRuleRow;
  /** Its name at the upstream. */
  readonly name: string;
}

function nameAt(rule: PullThroughCacheRuleRow, name: string): string {
  const rest = rule.prefix === 'ROOT' ? name : name.slice(rule.prefix.length + 1);
  const { upstreamPrefix = 'ROOT' } = rule;
  return upstreamPrefix === 'ROOT' ? rest : `${upstreamPrefix}/${rest}`;
}

/** The rule with the longest prefix of the name, else the one for ROOT. */
export function findUpstream(view: View, registry: Registry, name: string): UpstreamRepository | undefined {
  if (registry.kind !== 'private' || view.count(pullThroughCacheRules, 'byScope', scopeKey(registry)) === 0) {
    return undefined;
  }
  for (let end = name.lastIndexOf('/'); end > 0; end = name.lastIndexOf('/', end - 1)) {
    const rule = view.get(pullThroughCacheRules, ruleKey(registry, name.slice(0, end)));
    if (rule) return { rule, name: nameAt(rule, name) };
  }
  const rule = view.get(pullThroughCacheRules, ruleKey(registry, 'ROOT'));
  return rule && { rule, name: nameAt(rule, name) };
}

import type {
  DescribePullThroughCacheRulesCommandInput,
  DescribePullThroughCacheRulesCommandOutput,
} from '@aws-sdk/client-ecr';
import { ruleNotFound } from '#images/api/errors.ts';
import { paginate, refusePaging } from '#images/api/pagination.ts';
import { checkCount } from '#images/api/validate.ts';
import { templateKey as ruleKey } from '#images/repositories.ts';
import { scopeKey } from '#model/arn.ts';
import { pullThroughCacheRules } from '#store/tables/ecr.ts';
import type { EcrOperation } from '../context.ts';
import { registryOf } from '../resolve.ts';
import { checkPrefix } from '../upstreams.ts';
import { viewRule } from '../views/cache-rule.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribePullThroughCacheRules.html */
export const DescribePullThroughCacheRules: EcrOperation<
  DescribePullThroughCacheRulesCommandInput,
  DescribePullThroughCacheRulesCommandOutput
> = (ctx, input) => {
  const registry = registryOf(ctx, input.registryId);
  if (input.ecrRepositoryPrefixes) {
    checkCount('ecrRepositoryPrefixes', input.ecrRepositoryPrefixes, 1, 100);
    refusePaging(input, 'ecrRepositoryPrefixes');
    const rules = input.ecrRepositoryPrefixes.map((given) => {
      const prefix = checkPrefix('ecrRepositoryPrefixes', given, 30);
      const row = ctx.store.get(pullThroughCacheRules, ruleKey(registry, prefix));
      if (!row) throw ruleNotFound(prefix, registry.account);
      return viewRule(row);
    });
    return { pullThroughCacheRules: rules };
  }
  const page = paginate({
    request: input,
    walk: (after) => ctx.store.find(pullThroughCacheRules, 'byScope', scopeKey(registry), after),
    key: (row) => row.key,
    toItem: viewRule,
  });
  return { pullThroughCacheRules: page.items, ...(page.nextToken !== undefined && { nextToken: page.nextToken }) };
};

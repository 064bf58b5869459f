import type {
  DeletePullThroughCacheRuleCommandInput,
  DeletePullThroughCacheRuleCommandOutput,
} from '@aws-sdk/client-ecr';
import { ruleNotFound } from '#images/api/errors.ts';
import { templateKey as ruleKey } from '#images/repositories.ts';
import { pullThroughCacheRules } from '#store/tables/ecr.ts';
import type { EcrOperation } from '../context.ts';
import { registryOf } from '../resolve.ts';
import { checkPrefix } from '../upstreams.ts';
import { viewRule } from '../views/cache-rule.ts';

/** What it has cached stays. https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeletePullThroughCacheRule.html */
export const DeletePullThroughCacheRule: EcrOperation<
  DeletePullThroughCacheRuleCommandInput,
  DeletePullThroughCacheRuleCommandOutput
> = (ctx, input) => {
  const registry = registryOf(ctx, input.registryId);
  const prefix = checkPrefix('ecrRepositoryPrefix', input.ecrRepositoryPrefix!, 30);
  const row = ctx.store.transact((tx) => {
    const before = tx.get(pullThroughCacheRules, ruleKey(registry, prefix));
    if (!before) throw ruleNotFound(prefix, registry.account);
    tx.delete(pullThroughCacheRules, before.key);
    return before;
  });
  const { updatedAt: _, upstreamRegistry: __, ...answer } = viewRule(row);
  return answer;
};

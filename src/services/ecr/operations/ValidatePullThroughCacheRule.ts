import type {
  ValidatePullThroughCacheRuleCommandInput,
  ValidatePullThroughCacheRuleCommandOutput,
} from '@aws-sdk/client-ecr';
import { ruleNotFound } from '#images/api/errors.ts';
import { templateKey as ruleKey } from '#images/repositories.ts';
import { pullThroughCacheRules } from '#store/tables/ecr.ts';
import type { EcrOperation } from '../context.ts';
import { registryOf } from '../resolve.ts';
import { checkPrefix } from '../upstreams.ts';
import { viewRuleCore } from '../views/cache-rule.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ValidatePullThroughCacheRule.html */
export const ValidatePullThroughCacheRule: EcrOperation<
  ValidatePullThroughCacheRuleCommandInput,
  ValidatePullThroughCacheRuleCommandOutput
> = async (ctx, input) => {
  const registry = registryOf(ctx, input.registryId);
  const prefix = checkPrefix('ecrRepositoryPrefix', input.ecrRepositoryPrefix!, 30);
  const rule = ctx.store.get(pullThroughCacheRules, ruleKey(registry, prefix));
  if (!rule) throw ruleNotFound(prefix, registry.account);
  const { failure } = await ctx.deps.upstreams.check(rule.key);
  return {
    ...viewRuleCore(rule),
    upstreamRegistryUrl: rule.upstreamRegistryUrl,
    isValid: failure === undefined,
    ...(failure !== undefined && { failure }),
  };
};

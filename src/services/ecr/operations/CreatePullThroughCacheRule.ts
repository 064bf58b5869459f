import type {
  CreatePullThroughCacheRuleCommandInput,
  CreatePullThroughCacheRuleCommandOutput,
} from '@aws-sdk/client-ecr';
import { invalidAt, ruleExists } from '#images/api/errors.ts';
import { templateKey as ruleKey } from '#images/repositories.ts';
import { scopeKey } from '#model/arn.ts';
import { pullThroughCacheRules } from '#store/tables/ecr.ts';
import type { EcrOperation } from '../context.ts';
import { enforceQuota } from '../quotas.ts';
import { registryOf } from '../resolve.ts';
import { makeServiceRole, requireServiceRole } from '../service-role.ts';
import { checkCredential, checkPrefix, checkRole, checkUpstream } from '../upstreams.ts';
import { viewRule } from '../views/cache-rule.ts';

const cacheService = 'pullthroughcache.ecr.amazonaws.com';

/**
 * Without credentials the upstream is asked without any, which AWS does for some of its upstreams only.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreatePullThroughCacheRule.html
 */
export const CreatePullThroughCacheRule: EcrOperation<
  CreatePullThroughCacheRuleCommandInput,
  CreatePullThroughCacheRuleCommandOutput
> = (ctx, input) => {
  const registry = registryOf(ctx, input.registryId);
  const prefix = checkPrefix('ecrRepositoryPrefix', input.ecrRepositoryPrefix!, 30);
  const upstream = checkUpstream(input.upstreamRegistryUrl!, input.upstreamRegistry);
  const upstreamPrefix =
    input.upstreamRepositoryPrefix && checkPrefix('upstreamRepositoryPrefix', input.upstreamRepositoryPrefix, 30);
  if (prefix === 'ROOT' && upstreamPrefix && upstreamPrefix !== 'ROOT') {
    throw invalidAt('upstreamRepositoryPrefix', 'must be ROOT when ecrRepositoryPrefix is ROOT');
  }
  requireServiceRole(ctx, cacheService);
  const row = ctx.store.transact((tx) => {
    makeServiceRole(tx, ctx, cacheService);
    const key = ruleKey(registry, prefix);
    if (tx.get(pullThroughCacheRules, key)) throw ruleExists(prefix, registry.account);
    const held = tx.count(pullThroughCacheRules, 'byScope', scopeKey(registry));
    enforceQuota(ctx, 'cache-rules-per-registry', held + 1);
    const { credentialArn, customRoleArn } = input;
    return tx.insert(pullThroughCacheRules, {
      key,
      account: registry.account,
      region: registry.region,
      prefix,
      ...upstream,
      ...(upstreamPrefix && { upstreamPrefix }),
      ...(credentialArn !== undefined && { credentialArn: checkCredential(tx, registry, credentialArn) }),
      ...(customRoleArn !== undefined && { customRoleArn: checkRole(tx, registry, customRoleArn) }),
      createdAt: ctx.clock.now(),
      updatedAt: ctx.clock.now(),
    });
  });
  const { updatedAt: _, ...answer } = viewRule(row);
  return answer;
};

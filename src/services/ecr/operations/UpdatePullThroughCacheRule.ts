import type {
  UpdatePullThroughCacheRuleCommandInput,
  UpdatePullThroughCacheRuleCommandOutput,
} from '@aws-sdk/client-ecr';
import { ruleNotFound } from '#images/api/errors.ts';
import { templateKey as ruleKey } from '#images/repositories.ts';
import { pullThroughCacheRules } from '#store/tables/ecr.ts';
import type { EcrOperation } from '../context.ts';
import { registryOf } from '../resolve.ts';
import { checkCredential, checkPrefix, checkRole } from '../upstreams.ts';
import { viewRuleCore } from '../views/cache-rule.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_UpdatePullThroughCacheRule.html */
export const UpdatePullThroughCacheRule: EcrOperation<
  UpdatePullThroughCacheRuleCommandInput,
  UpdatePullThroughCacheRuleCommandOutput
> = (ctx, input) => {
  const registry = registryOf(ctx, input.registryId);
  const prefix = checkPrefix('ecrRepositoryPrefix', input.ecrRepositoryPrefix!, 30);
  const { credentialArn, customRoleArn } = input;
  const row = ctx.store.transact((tx) => {
    const before = tx.get(pullThroughCacheRules, ruleKey(registry, prefix));
    if (!before) throw ruleNotFound(prefix, registry.account);
    return tx.put(pullThroughCacheRules, {
      ...before,
      ...(credentialArn !== undefined && { credentialArn: checkCredential(tx, registry, credentialArn) }),
      ...(customRoleArn !== undefined && { customRoleArn: checkRole(tx, registry, customRoleArn) }),
      updatedAt: ctx.clock.now(),
    });
  });
  return { ...viewRuleCore(row), updatedAt: new Date(row.updatedAt) };
};

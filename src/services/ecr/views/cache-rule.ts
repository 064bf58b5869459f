import type { PullThroughCacheRule } from '@aws-sdk/client-ecr';
import type { PullThroughCacheRuleRow } from '#model/ecr-registry.ts';

/** The members that all of its operations answer. */
export const viewRuleCore = (row: PullThroughCacheRuleRow) => ({
  ecrRepositoryPrefix: row.prefix,
  registryId: row.account,
  ...(row.credentialArn !== undefined && { credentialArn: row.credentialArn }),
  ...(row.customRoleArn !== undefined && { customRoleArn: row.customRoleArn }),
  ...(row.upstreamPrefix !== undefined && { upstreamRepositoryPrefix: row.upstreamPrefix }),
});

export const viewRule = (row: PullThroughCacheRuleRow): PullThroughCacheRule => ({
  ...viewRuleCore(row),
  upstreamRegistryUrl: row.upstreamRegistryUrl,
  ...(row.upstreamRegistry !== undefined && { upstreamRegistry: row.upstreamRegistry }),
  createdAt: new Date(row.createdAt),
  updatedAt: new Date(row.updatedAt),
});

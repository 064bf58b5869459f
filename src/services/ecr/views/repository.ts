import type { EncryptionConfiguration, ImageTagMutabilityExclusionFilter, Repository, Tag } from '@aws-sdk/client-ecr';
import type { Registry, RepositoryRow } from '#model/ecr.ts';
import type { EcrContext } from '../context.ts';

/** What stands before `/<name>`: what the operator says, else the client's own way to us with account and region. */
export function registryPrefix(ctx: Pick<EcrContext, 'deps' | 'endpoint'>, registry: Registry): string {
  const host = ctx.deps.registryHost?.(registry);
  return host ?? `${new URL(ctx.endpoint).host}/${registry.account}.${registry.region}`;
}

export const viewTags = (tags: Readonly<Record<string, string>>): Tag[] =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

export const viewEncryption = (row: {
  readonly encryptionType: RepositoryRow['encryptionType'];
  readonly kmsKeyArn?: string;
}): EncryptionConfiguration => ({
  encryptionType: row.encryptionType,
  ...(row.kmsKeyArn !== undefined && { kmsKey: row.kmsKeyArn }),
});

/** Absent when there are none. */
export const viewExclusions = (
  row: Pick<RepositoryRow, 'tagMutabilityExclusions'>,
): { imageTagMutabilityExclusionFilters?: ImageTagMutabilityExclusionFilter[] } =>
  row.tagMutabilityExclusions.length === 0
    ? {}
    : {
        imageTagMutabilityExclusionFilters: row.tagMutabilityExclusions.map((filter) => ({
          filterType: 'WILDCARD',
          filter,
        })),
      };

export const viewRepository = (ctx: Pick<EcrContext, 'deps' | 'endpoint'>, row: RepositoryRow): Repository => ({
  repositoryArn: row.arn,
  registryId: row.account,
  repositoryName: row.name,
  repositoryUri: `${registryPrefix(ctx, row)}/${row.name}`,
  createdAt: new Date(row.createdAt),
  imageTagMutability: row.imageTagMutability,
  ...viewExclusions(row),
  imageScanningConfiguration: { scanOnPush: row.scanOnPush },
  encryptionConfiguration: viewEncryption(row),
});

/** The two members with which most answers begin. */
export const named = (row: RepositoryRow): { registryId: string; repositoryName: string } => ({
  registryId: row.account,
  repositoryName: row.name,
});

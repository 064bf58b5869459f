import type { Repository, RepositoryCatalogData, Registry as WireRegistry } from '@aws-sdk/client-ecr-public';
import { publicRegistry } from '#images/image-name.ts';
import { ensurePublicRegistry } from '#images/public-registry.ts';
import type { PublicCatalogData, RepositoryRow } from '#model/ecr.ts';
import type { PublicRegistryRow } from '#model/ecr-registry.ts';
import { publicRegistries } from '#store/tables/ecr.ts';
import type { PublicContext } from './context.ts';

export const registryRow = (ctx: PublicContext, account: string): PublicRegistryRow =>
  ctx.store.get(publicRegistries, account) ?? ctx.store.transact((tx) => ensurePublicRegistry(tx, ctx.random, account));

/** What stands before `/<name>`. `HOST/public.ecr.aws/<alias>` is the public registry at any address of ours. */
export function registryUri(ctx: PublicContext, row: PublicRegistryRow): string {
  const host = ctx.deps.registryHost?.(publicRegistry(row.account)) ?? `${new URL(ctx.endpoint).host}/public.ecr.aws`;
  const alias = row.aliases.find((one) => one.primaryRegistryAlias) ?? row.aliases[0]!;
  return `${host}/${alias.name}`;
}

export const viewRegistry = (ctx: PublicContext, row: PublicRegistryRow): WireRegistry => ({
  registryId: row.account,
  registryArn: `arn:aws:ecr-public::${row.account}:registry/${row.account}`,
  registryUri: registryUri(ctx, row),
  verified: false,
  aliases: row.aliases.map((alias) => ({ ...alias })),
});

export const viewRepository = (ctx: PublicContext, row: RepositoryRow): Repository => ({
  repositoryArn: row.arn,
  registryId: row.account,
  repositoryName: row.name,
  repositoryUri: `${registryUri(ctx, registryRow(ctx, row.account))}/${row.name}`,
  createdAt: new Date(row.createdAt),
});

export const viewCatalogData = (data: PublicCatalogData): RepositoryCatalogData => ({
  ...(data.description !== undefined && { description: data.description }),
  ...(data.architectures && { architectures: [...data.architectures] }),
  ...(data.operatingSystems && { operatingSystems: [...data.operatingSystems] }),
  ...(data.logoUrl !== undefined && { logoUrl: data.logoUrl }),
  ...(data.aboutText !== undefined && { aboutText: data.aboutText }),
  ...(data.usageText !== undefined && { usageText: data.usageText }),
  marketplaceCertified: false,
});

export const named = (row: RepositoryRow) => ({ registryId: row.account, repositoryName: row.name });

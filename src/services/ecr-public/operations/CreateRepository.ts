import type { CreateRepositoryCommandInput, CreateRepositoryCommandOutput } from '@aws-sdk/client-ecr-public';
import { repositoryExists } from '#images/api/errors.ts';
import { checkLength, checkPattern, checkTags } from '#images/api/validate.ts';
import { ensurePublicRegistry } from '#images/public-registry.ts';
import { createRepository } from '#images/repositories.ts';
import { checkCatalogData } from '../catalog-data.ts';
import type { PublicOperation } from '../context.ts';
import { registryOf } from '../resolve.ts';
import { viewCatalogData, viewRepository } from '../views.ts';

/** Shorter than private names, and without OCI's `__` and runs of `-`. */
function checkName(name: string): string {
  checkLength('repositoryName', name, 2, 205);
  checkPattern('repositoryName', name, '(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*');
  return name;
}

/** https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_CreateRepository.html */
export const CreateRepository: PublicOperation<CreateRepositoryCommandInput, CreateRepositoryCommandOutput> = (
  ctx,
  input,
) => {
  const registry = registryOf(ctx);
  const name = checkName(input.repositoryName!);
  const catalogData = checkCatalogData(input.catalogData);
  const tags = checkTags(input.tags);
  const row = ctx.store.transact((tx) => {
    ensurePublicRegistry(tx, ctx.random, registry.account);
    const settings = { tags, ...(input.catalogData && { catalogData }) };
    const made = createRepository(tx, ctx, { registry, name, settings });
    if (!made) throw repositoryExists({ name, account: registry.account });
    return made;
  });
  return { repository: viewRepository(ctx, row), catalogData: viewCatalogData(catalogData) };
};

import type {
  GetRepositoryCatalogDataCommandInput,
  GetRepositoryCatalogDataCommandOutput,
} from '@aws-sdk/client-ecr-public';
import { ServiceError } from '#protocol/service.ts';
import type { PublicOperation } from '../context.ts';
import { requireRepository } from '../resolve.ts';
import { viewCatalogData } from '../views.ts';

/** https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_GetRepositoryCatalogData.html */
export const GetRepositoryCatalogData: PublicOperation<
  GetRepositoryCatalogDataCommandInput,
  GetRepositoryCatalogDataCommandOutput
> = (ctx, input) => {
  const row = requireRepository(ctx.store, ctx, input);
  if (!row.catalogData) {
    const message = `Catalog data does not exist for the repository with name '${row.name}' in the registry with id '${row.account}'`;
    throw new ServiceError('RepositoryCatalogDataNotFoundException', message);
  }
  return { catalogData: viewCatalogData(row.catalogData) };
};

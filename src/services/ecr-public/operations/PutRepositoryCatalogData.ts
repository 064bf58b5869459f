import type {
  PutRepositoryCatalogDataCommandInput,
  PutRepositoryCatalogDataCommandOutput,
} from '@aws-sdk/client-ecr-public';
import { repositories } from '#store/tables/ecr.ts';
import { checkCatalogData } from '../catalog-data.ts';
import type { PublicOperation } from '../context.ts';
import { requireRepository } from '../resolve.ts';
import { viewCatalogData } from '../views.ts';

/** The data that is given takes the place of all that there was. https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_PutRepositoryCatalogData.html */
export const PutRepositoryCatalogData: PublicOperation<
  PutRepositoryCatalogDataCommandInput,
  PutRepositoryCatalogDataCommandOutput
> = (ctx, input) => {
  const catalogData = checkCatalogData(input.catalogData);
  ctx.store.transact((tx) => tx.put(repositories, { ...requireRepository(tx, ctx, input), catalogData }));
  return { catalogData: viewCatalogData(catalogData) };
};

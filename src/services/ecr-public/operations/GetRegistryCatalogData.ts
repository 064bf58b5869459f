import type {
  GetRegistryCatalogDataCommandInput,
  GetRegistryCatalogDataCommandOutput,
} from '@aws-sdk/client-ecr-public';
import type { PublicOperation } from '../context.ts';
import { registryRow } from '../views.ts';

/** https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_GetRegistryCatalogData.html */
export const GetRegistryCatalogData: PublicOperation<
  GetRegistryCatalogDataCommandInput,
  GetRegistryCatalogDataCommandOutput
> = (ctx) => {
  const { displayName } = registryRow(ctx, ctx.account);
  return { registryCatalogData: { ...(displayName !== undefined && { displayName }) } };
};

import type {
  PutRegistryCatalogDataCommandInput,
  PutRegistryCatalogDataCommandOutput,
} from '@aws-sdk/client-ecr-public';
import { checkLength } from '#images/api/validate.ts';
import { ensurePublicRegistry } from '#images/public-registry.ts';
import { publicRegistries } from '#store/tables/ecr.ts';
import type { PublicOperation } from '../context.ts';

/** https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_PutRegistryCatalogData.html */
export const PutRegistryCatalogData: PublicOperation<
  PutRegistryCatalogDataCommandInput,
  PutRegistryCatalogDataCommandOutput
> = (ctx, input) => {
  const { displayName } = input;
  if (displayName !== undefined) checkLength('displayName', displayName, 0, 100);
  ctx.store.transact((tx) => {
    const { displayName: before, ...row } = ensurePublicRegistry(tx, ctx.random, ctx.account);
    const name = displayName ?? before;
    tx.put(publicRegistries, { ...row, ...(name !== undefined && { displayName: name }) });
  });
  return { registryCatalogData: { ...(displayName !== undefined && { displayName }) } };
};

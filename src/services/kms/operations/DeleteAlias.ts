import type { DeleteAliasCommandInput, DeleteAliasCommandOutput } from '@aws-sdk/client-kms';
import { aliasArn } from '#keys/kms-key.ts';
import { kmsAliases } from '#store/tables/secrets.ts';
import { checkAliasName } from '../alias-name.ts';
import type { KmsOperation } from '../context.ts';
import { aliasNotFound } from '../errors.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_DeleteAlias.html */
export const DeleteAlias: KmsOperation<DeleteAliasCommandInput, DeleteAliasCommandOutput> = (ctx, input) => {
  const arn = aliasArn(ctx, checkAliasName(input.AliasName!));
  ctx.store.transact((tx) => {
    if (!tx.get(kmsAliases, arn)) throw aliasNotFound(arn);
    tx.delete(kmsAliases, arn);
  });
  return {};
};

import type { CreateAliasCommandInput, CreateAliasCommandOutput } from '@aws-sdk/client-kms';
import { aliasArn, insertAlias } from '#keys/kms-key.ts';
import { kmsAliases } from '#store/tables/secrets.ts';
import { checkAliasName } from '../alias-name.ts';
import type { KmsOperation } from '../context.ts';
import { alreadyExists } from '../errors.ts';
import { checkNotDeleting, resolveCustomerKey } from '../resolve.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html */
export const CreateAlias: KmsOperation<CreateAliasCommandInput, CreateAliasCommandOutput> = (ctx, input) => {
  const name = checkAliasName(input.AliasName!);
  const key = resolveCustomerKey(ctx, input.TargetKeyId);
  checkNotDeleting(key);
  ctx.store.transact((tx) => {
    const arn = aliasArn(ctx, name);
    if (tx.get(kmsAliases, arn)) throw alreadyExists(arn);
    insertAlias(tx, ctx, name, key.arn, ctx.clock.now());
  });
  return {};
};

import type { UpdateAliasCommandInput, UpdateAliasCommandOutput } from '@aws-sdk/client-kms';
import { aliasArn } from '#keys/kms-key.ts';
import { kmsAliases, kmsKeys } from '#store/tables/secrets.ts';
import { checkAliasName } from '../alias-name.ts';
import type { KmsOperation } from '../context.ts';
import { aliasNotFound, validation } from '../errors.ts';
import { checkNotDeleting, resolveCustomerKey } from '../resolve.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateAlias.html */
export const UpdateAlias: KmsOperation<UpdateAliasCommandInput, UpdateAliasCommandOutput> = (ctx, input) => {
  const name = checkAliasName(input.AliasName!);
  const arn = aliasArn(ctx, name);
  const alias = ctx.store.get(kmsAliases, arn);
  if (!alias) throw aliasNotFound(arn);
  const target = resolveCustomerKey(ctx, input.TargetKeyId);
  checkNotDeleting(target);
  const current = ctx.store.get(kmsKeys, alias.keyArn);
  if (
    current &&
    (current.usage !== target.usage || (current.publicKey === undefined) !== (target.publicKey === undefined))
  ) {
    throw validation('The current and new KMS key must be the same type and have the same key usage.');
  }
  ctx.store.transact((tx) => tx.put(kmsAliases, { ...alias, keyArn: target.arn, updatedAt: ctx.clock.now() }));
  return {};
};

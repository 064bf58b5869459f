import type { UpdateKeyDescriptionCommandInput, UpdateKeyDescriptionCommandOutput } from '@aws-sdk/client-kms';
import { Constraints } from '#protocol/constraints.ts';
import { kmsKeys } from '#store/tables/secrets.ts';
import type { KmsOperation } from '../context.ts';
import { checkNotDeleting, resolveCustomerKey } from '../resolve.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateKeyDescription.html */
export const UpdateKeyDescription: KmsOperation<UpdateKeyDescriptionCommandInput, UpdateKeyDescriptionCommandOutput> = (
  ctx,
  input,
) => {
  new Constraints().text('description', input.Description, { max: 8192 }).check();
  const key = resolveCustomerKey(ctx, input.KeyId);
  checkNotDeleting(key);
  ctx.store.transact((tx) => tx.put(kmsKeys, { ...key, description: input.Description! }));
  return {};
};

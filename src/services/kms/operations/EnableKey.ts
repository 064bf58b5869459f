import type { EnableKeyCommandInput, EnableKeyCommandOutput } from '@aws-sdk/client-kms';
import { kmsKeys } from '#store/tables/secrets.ts';
import type { KmsOperation } from '../context.ts';
import { checkNotDeleting, resolveCustomerKey } from '../resolve.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKey.html */
export const EnableKey: KmsOperation<EnableKeyCommandInput, EnableKeyCommandOutput> = (ctx, input) => {
  const key = resolveCustomerKey(ctx, input.KeyId);
  checkNotDeleting(key);
  ctx.store.transact((tx) => tx.put(kmsKeys, { ...key, state: 'Enabled' }));
  return {};
};

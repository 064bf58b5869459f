import type { UntagResourceCommandInput, UntagResourceCommandOutput } from '@aws-sdk/client-kms';
import { kmsKeys } from '#store/tables/secrets.ts';
import type { KmsOperation } from '../context.ts';
import { checkNotDeleting, resolveCustomerKey } from '../resolve.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_UntagResource.html */
export const UntagResource: KmsOperation<UntagResourceCommandInput, UntagResourceCommandOutput> = (ctx, input) => {
  const key = resolveCustomerKey(ctx, input.KeyId);
  checkNotDeleting(key);
  const kept = Object.entries(key.tags).filter(([name]) => !input.TagKeys!.includes(name));
  ctx.store.transact((tx) => tx.put(kmsKeys, { ...key, tags: Object.fromEntries(kept) }));
  return {};
};

import type { TagResourceCommandInput, TagResourceCommandOutput } from '@aws-sdk/client-kms';
import { kmsKeys } from '#store/tables/secrets.ts';
import { mergeTags } from '../check.ts';
import type { KmsOperation } from '../context.ts';
import { checkNotDeleting, resolveCustomerKey } from '../resolve.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_TagResource.html */
export const TagResource: KmsOperation<TagResourceCommandInput, TagResourceCommandOutput> = (ctx, input) => {
  const key = resolveCustomerKey(ctx, input.KeyId);
  checkNotDeleting(key);
  const tags = mergeTags(key.tags, input.Tags);
  ctx.store.transact((tx) => tx.put(kmsKeys, { ...key, tags }));
  return {};
};

import type { DescribeKeyCommandInput, DescribeKeyCommandOutput } from '@aws-sdk/client-kms';
import { defaultKey, findKey, isManagedAlias } from '#keys/kms-key.ts';
import { type KmsOperation, keyDeps } from '../context.ts';
import { resolveKey } from '../resolve.ts';
import { keyMetadata } from '../views.ts';

/**
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html. As at AWS, the alias of an AWS managed key
 * that nobody has used yet gets its key now.
 */
export const DescribeKey: KmsOperation<DescribeKeyCommandInput, DescribeKeyCommandOutput> = (ctx, input) => {
  const named = input.KeyId!;
  if (isManagedAlias(named) && !findKey(ctx.store, ctx, named)) {
    ctx.store.transact((tx) => defaultKey(tx, keyDeps(ctx), ctx, named));
  }
  return { KeyMetadata: keyMetadata(resolveKey(ctx, named)) };
};

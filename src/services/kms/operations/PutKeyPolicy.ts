import type { PutKeyPolicyCommandInput, PutKeyPolicyCommandOutput } from '@aws-sdk/client-kms';
import { kmsKeys } from '#store/tables/secrets.ts';
import { checkKeyPolicy } from '../check.ts';
import type { KmsOperation } from '../context.ts';
import { notFound } from '../errors.ts';
import { checkNotDeleting, resolveCustomerKey } from '../resolve.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html */
export const PutKeyPolicy: KmsOperation<PutKeyPolicyCommandInput, PutKeyPolicyCommandOutput> = (ctx, input) => {
  const key = resolveCustomerKey(ctx, input.KeyId);
  checkNotDeleting(key);
  if ((input.PolicyName ?? 'default') !== 'default') throw notFound('No such policy exists');
  checkKeyPolicy(ctx, key.arn, input.Policy!, input.BypassPolicyLockoutSafetyCheck);
  ctx.store.transact((tx) => tx.put(kmsKeys, { ...key, policy: input.Policy! }));
  return {};
};

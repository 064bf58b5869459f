import type { DisableKeyRotationCommandInput, DisableKeyRotationCommandOutput } from '@aws-sdk/client-kms';
import { kmsKeys } from '#store/tables/secrets.ts';
import type { KmsOperation } from '../context.ts';
import { checkEnabled, resolveCustomerKey } from '../resolve.ts';
import { checkRotatable } from '../rotation.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_DisableKeyRotation.html */
export const DisableKeyRotation: KmsOperation<DisableKeyRotationCommandInput, DisableKeyRotationCommandOutput> = (
  ctx,
  input,
) => {
  const key = resolveCustomerKey(ctx, input.KeyId);
  checkRotatable(key);
  checkEnabled(key);
  const { rotation: _, ...rest } = key;
  ctx.store.transact((tx) => tx.put(kmsKeys, rest));
  return {};
};

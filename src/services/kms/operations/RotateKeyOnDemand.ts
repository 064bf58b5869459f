import type { RotateKeyOnDemandCommandInput, RotateKeyOnDemandCommandOutput } from '@aws-sdk/client-kms';
import { rotate } from '#keys/kms-key.ts';
import { type KmsOperation, keyDeps } from '../context.ts';
import { limitExceeded } from '../errors.ts';
import { checkEnabled, resolveCustomerKey } from '../resolve.ts';
import { checkRotatable } from '../rotation.ts';

/** AWS's limit for the whole life of a key. */
const MAX_ON_DEMAND = 25;

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_RotateKeyOnDemand.html. It is done when this answers. */
export const RotateKeyOnDemand: KmsOperation<RotateKeyOnDemandCommandInput, RotateKeyOnDemandCommandOutput> = (
  ctx,
  input,
) => {
  const key = resolveCustomerKey(ctx, input.KeyId);
  checkRotatable(key);
  checkEnabled(key);
  if (key.materials.filter(({ rotation }) => rotation === 'ON_DEMAND').length >= MAX_ON_DEMAND) {
    throw limitExceeded(`The on-demand rotations limit has been reached for the given keyId ${key.id}.`);
  }
  ctx.store.transact((tx) => rotate(tx, keyDeps(ctx), key, 'ON_DEMAND'));
  return { KeyId: key.arn };
};

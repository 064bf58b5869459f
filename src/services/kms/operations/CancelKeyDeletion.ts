import type { CancelKeyDeletionCommandInput, CancelKeyDeletionCommandOutput } from '@aws-sdk/client-kms';
import { kmsKeys } from '#store/tables/secrets.ts';
import type { KmsOperation } from '../context.ts';
import { invalidState } from '../errors.ts';
import { resolveCustomerKey } from '../resolve.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_CancelKeyDeletion.html. The key is Disabled afterwards. */
export const CancelKeyDeletion: KmsOperation<CancelKeyDeletionCommandInput, CancelKeyDeletionCommandOutput> = (
  ctx,
  input,
) => {
  const key = resolveCustomerKey(ctx, input.KeyId);
  if (key.state !== 'PendingDeletion') throw invalidState(`${key.arn} is not pending deletion.`);
  const { deletionAt: _, ...rest } = key;
  ctx.store.transact((tx) => tx.put(kmsKeys, { ...rest, state: 'Disabled' }));
  return { KeyId: key.arn };
};

import type { ScheduleKeyDeletionCommandInput, ScheduleKeyDeletionCommandOutput } from '@aws-sdk/client-kms';
import { Constraints } from '#protocol/constraints.ts';
import { kmsKeys } from '#store/tables/secrets.ts';
import type { KmsOperation } from '../context.ts';
import { checkNotDeleting, resolveCustomerKey } from '../resolve.ts';

const DAY_MS = 86_400_000;
const DEFAULT_WINDOW_DAYS = 30;

/**
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html. A reconciler deletes the key when
 * its window is over.
 */
export const ScheduleKeyDeletion: KmsOperation<ScheduleKeyDeletionCommandInput, ScheduleKeyDeletionCommandOutput> = (
  ctx,
  input,
) => {
  new Constraints().number('pendingWindowInDays', input.PendingWindowInDays, { min: 7, max: 30 }).check();
  const key = resolveCustomerKey(ctx, input.KeyId);
  checkNotDeleting(key);
  const days = input.PendingWindowInDays ?? DEFAULT_WINDOW_DAYS;
  const deletionAt = ctx.clock.now() + days * DAY_MS;
  ctx.store.transact((tx) => tx.put(kmsKeys, { ...key, state: 'PendingDeletion', deletionAt }));
  return {
    KeyId: key.arn,
    DeletionDate: new Date(deletionAt),
    KeyState: 'PendingDeletion',
    PendingWindowInDays: days,
  };
};

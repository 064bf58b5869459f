/** Which keys rotate. */
import type { KmsKeyRow } from '#model/kms.ts';
import { pendingDeletion, unsupported } from './errors.ts';

/** Symmetric encryption keys only; a key that waits for its deletion does not rotate any more. */
export function checkRotatable(key: KmsKeyRow): void {
  if (key.spec !== 'SYMMETRIC_DEFAULT') throw unsupported(`${key.arn} key spec is not valid for rotation.`);
  if (key.state === 'PendingDeletion') throw pendingDeletion(key.arn);
}

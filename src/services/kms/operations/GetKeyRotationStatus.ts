import type { GetKeyRotationStatusCommandInput, GetKeyRotationStatusCommandOutput } from '@aws-sdk/client-kms';
import type { KmsOperation } from '../context.ts';
import { freshKey, resolveKey } from '../resolve.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyRotationStatus.html. False for keys that cannot rotate. */
export const GetKeyRotationStatus: KmsOperation<GetKeyRotationStatusCommandInput, GetKeyRotationStatusCommandOutput> = (
  ctx,
  input,
) => {
  const key = freshKey(ctx, resolveKey(ctx, input.KeyId));
  const isOn = key.rotation !== undefined && key.state !== 'PendingDeletion';
  return {
    KeyId: key.arn,
    KeyRotationEnabled: isOn,
    ...(isOn && {
      RotationPeriodInDays: key.rotation!.periodDays,
      NextRotationDate: new Date(key.rotation!.nextAt),
    }),
  };
};

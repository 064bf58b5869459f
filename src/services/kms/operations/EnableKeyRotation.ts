import type { EnableKeyRotationCommandInput, EnableKeyRotationCommandOutput } from '@aws-sdk/client-kms';
import { Constraints } from '#protocol/constraints.ts';
import { kmsKeys } from '#store/tables/secrets.ts';
import type { KmsOperation } from '../context.ts';
import { checkEnabled, resolveCustomerKey } from '../resolve.ts';
import { checkRotatable } from '../rotation.ts';

const DAY_MS = 86_400_000;
const DEFAULT_PERIOD_DAYS = 365;

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html */
export const EnableKeyRotation: KmsOperation<EnableKeyRotationCommandInput, EnableKeyRotationCommandOutput> = (
  ctx,
  input,
) => {
  new Constraints().number('rotationPeriodInDays', input.RotationPeriodInDays, { min: 90, max: 2560 }).check();
  const key = resolveCustomerKey(ctx, input.KeyId);
  checkRotatable(key);
  checkEnabled(key);
  const periodDays = input.RotationPeriodInDays ?? key.rotation?.periodDays ?? DEFAULT_PERIOD_DAYS;
  if (key.rotation?.periodDays === periodDays) return {};
  const rotation = { periodDays, nextAt: ctx.clock.now() + periodDays * DAY_MS };
  ctx.store.transact((tx) => tx.put(kmsKeys, { ...key, rotation }));
  return {};
};

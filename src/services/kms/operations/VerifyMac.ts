import { timingSafeEqual } from 'node:crypto';
import type { VerifyMacCommandInput, VerifyMacCommandOutput } from '@aws-sdk/client-kms';
import { Constraints } from '#protocol/constraints.ts';
import { refuseDryRun } from '../check.ts';
import type { KmsOperation } from '../context.ts';
import { invalidMac } from '../errors.ts';
import { resolveKey } from '../resolve.ts';
import { macOf } from '../signing.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_VerifyMac.html */
export const VerifyMac: KmsOperation<VerifyMacCommandInput, VerifyMacCommandOutput> = (ctx, input) => {
  new Constraints()
    .size('message', input.Message?.length, { min: 1, max: 4096 })
    .size('mac', input.Mac?.length, { min: 1, max: 6144 })
    .check();
  const key = resolveKey(ctx, input.KeyId);
  const mac = macOf(ctx, key, input.MacAlgorithm, Buffer.from(input.Message!));
  refuseDryRun(input.DryRun);
  if (mac.length !== input.Mac!.length || !timingSafeEqual(mac, input.Mac!)) throw invalidMac();
  return { KeyId: key.arn, MacValid: true, MacAlgorithm: input.MacAlgorithm };
};

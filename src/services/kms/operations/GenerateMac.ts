import type { GenerateMacCommandInput, GenerateMacCommandOutput } from '@aws-sdk/client-kms';
import { Constraints } from '#protocol/constraints.ts';
import { refuseDryRun } from '../check.ts';
import type { KmsOperation } from '../context.ts';
import { resolveKey } from '../resolve.ts';
import { macOf } from '../signing.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateMac.html */
export const GenerateMac: KmsOperation<GenerateMacCommandInput, GenerateMacCommandOutput> = (ctx, input) => {
  new Constraints().size('message', input.Message?.length, { min: 1, max: 4096 }).check();
  const key = resolveKey(ctx, input.KeyId);
  const mac = macOf(ctx, key, input.MacAlgorithm, Buffer.from(input.Message!));
  refuseDryRun(input.DryRun);
  return { KeyId: key.arn, Mac: mac, MacAlgorithm: input.MacAlgorithm };
};

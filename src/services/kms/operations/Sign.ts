import type { SignCommandInput, SignCommandOutput } from '@aws-sdk/client-kms';
import { openMaterial } from '#keys/kms-key.ts';
import { Constraints } from '#protocol/constraints.ts';
import { signWith } from '../asymmetric.ts';
import { refuseDryRun } from '../check.ts';
import type { KmsOperation } from '../context.ts';
import { unsupported } from '../errors.ts';
import { checkUsable, resolveKey } from '../resolve.ts';
import { checkSigningAlgorithm } from '../signing.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html */
export const Sign: KmsOperation<SignCommandInput, SignCommandOutput> = (ctx, input) => {
  new Constraints().size('message', input.Message?.length, { min: 1, max: 4096 }).check();
  const key = resolveKey(ctx, input.KeyId);
  checkUsable(ctx, key, 'SIGN_VERIFY');
  const algorithm = checkSigningAlgorithm(key, input.SigningAlgorithm);
  if (input.MessageType === 'EXTERNAL_MU') throw unsupported('MessageType EXTERNAL_MU is not supported.');
  refuseDryRun(input.DryRun);
  const message = Buffer.from(input.Message!);
  const signature = signWith(openMaterial(ctx.deps.vault, key), algorithm, message, input.MessageType === 'DIGEST');
  return { KeyId: key.arn, Signature: signature, SigningAlgorithm: algorithm };
};

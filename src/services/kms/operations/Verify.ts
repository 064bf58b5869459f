import type { VerifyCommandInput, VerifyCommandOutput } from '@aws-sdk/client-kms';
import { Constraints } from '#protocol/constraints.ts';
import { isSignature } from '../asymmetric.ts';
import { refuseDryRun } from '../check.ts';
import type { KmsOperation } from '../context.ts';
import { invalidSignature, unsupported } from '../errors.ts';
import { checkUsable, resolveKey } from '../resolve.ts';
import { checkSigningAlgorithm } from '../signing.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_Verify.html */
export const Verify: KmsOperation<VerifyCommandInput, VerifyCommandOutput> = (ctx, input) => {
  new Constraints()
    .size('message', input.Message?.length, { min: 1, max: 4096 })
    .size('signature', input.Signature?.length, { min: 1, max: 6144 })
    .check();
  const key = resolveKey(ctx, input.KeyId);
  checkUsable(ctx, key, 'SIGN_VERIFY');
  const algorithm = checkSigningAlgorithm(key, input.SigningAlgorithm);
  if (input.MessageType === 'EXTERNAL_MU') throw unsupported('MessageType EXTERNAL_MU is not supported.');
  refuseDryRun(input.DryRun);
  const isValid = isSignature(
    Buffer.from(key.publicKey!, 'base64'),
    algorithm,
    Buffer.from(input.Message!),
    Buffer.from(input.Signature!),
    input.MessageType === 'DIGEST',
  );
  if (!isValid) throw invalidSignature();
  return { KeyId: key.arn, SignatureValid: true, SigningAlgorithm: algorithm };
};

import type { EncryptCommandInput, EncryptCommandOutput } from '@aws-sdk/client-kms';
import { Constraints } from '#protocol/constraints.ts';
import { refuseDryRun } from '../check.ts';
import { encryptFor } from '../cipher.ts';
import type { KmsOperation } from '../context.ts';

const MAX_PLAINTEXT_BYTES = 4096;

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html */
export const Encrypt: KmsOperation<EncryptCommandInput, EncryptCommandOutput> = (ctx, input) => {
  new Constraints().size('plaintext', input.Plaintext?.length, { min: 1, max: MAX_PLAINTEXT_BYTES }).check();
  const algorithm = input.EncryptionAlgorithm ?? 'SYMMETRIC_DEFAULT';
  const { key, ciphertext } = encryptFor(
    ctx,
    input.KeyId,
    Buffer.from(input.Plaintext!),
    algorithm,
    input.EncryptionContext,
  );
  refuseDryRun(input.DryRun);
  return { CiphertextBlob: ciphertext, KeyId: key.arn, EncryptionAlgorithm: algorithm };
};

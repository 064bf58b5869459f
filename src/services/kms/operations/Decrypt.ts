import type { DecryptCommandInput, DecryptCommandOutput } from '@aws-sdk/client-kms';
import { Constraints } from '#protocol/constraints.ts';
import { refuseDryRun, refuseRecipient } from '../check.ts';
import { decryptFor } from '../cipher.ts';
import type { KmsOperation } from '../context.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html */
export const Decrypt: KmsOperation<DecryptCommandInput, DecryptCommandOutput> = (ctx, input) => {
  new Constraints().size('ciphertextBlob', input.CiphertextBlob?.length, { min: 1, max: 6144 }).check();
  refuseRecipient(input.Recipient);
  const algorithm = input.EncryptionAlgorithm ?? 'SYMMETRIC_DEFAULT';
  const blob = Buffer.from(input.CiphertextBlob ?? []);
  const { key, plaintext, materialId } = decryptFor(ctx, input.KeyId, blob, algorithm, input.EncryptionContext);
  refuseDryRun(input.DryRun);
  return {
    KeyId: key.arn,
    Plaintext: plaintext,
    EncryptionAlgorithm: algorithm,
    ...(materialId && { KeyMaterialId: materialId }),
  };
};

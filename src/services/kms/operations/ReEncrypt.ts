import type { ReEncryptCommandInput, ReEncryptCommandOutput } from '@aws-sdk/client-kms';
import { Constraints } from '#protocol/constraints.ts';
import { refuseDryRun } from '../check.ts';
import { decryptFor, encryptFor } from '../cipher.ts';
import type { KmsOperation } from '../context.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_ReEncrypt.html */
export const ReEncrypt: KmsOperation<ReEncryptCommandInput, ReEncryptCommandOutput> = (ctx, input) => {
  new Constraints().size('ciphertextBlob', input.CiphertextBlob?.length, { min: 1, max: 6144 }).check();
  const from = input.SourceEncryptionAlgorithm ?? 'SYMMETRIC_DEFAULT';
  const to = input.DestinationEncryptionAlgorithm ?? 'SYMMETRIC_DEFAULT';
  const blob = Buffer.from(input.CiphertextBlob ?? []);
  const source = decryptFor(ctx, input.SourceKeyId, blob, from, input.SourceEncryptionContext);
  const destination = encryptFor(ctx, input.DestinationKeyId, source.plaintext, to, input.DestinationEncryptionContext);
  refuseDryRun(input.DryRun);
  return {
    CiphertextBlob: destination.ciphertext,
    SourceKeyId: source.key.arn,
    KeyId: destination.key.arn,
    SourceEncryptionAlgorithm: from,
    DestinationEncryptionAlgorithm: to,
    ...(source.materialId && { SourceKeyMaterialId: source.materialId }),
    ...(to === 'SYMMETRIC_DEFAULT' && { DestinationKeyMaterialId: destination.key.materials.at(-1)!.id }),
  };
};

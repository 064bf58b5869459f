import type { GenerateDataKeyCommandInput, GenerateDataKeyCommandOutput } from '@aws-sdk/client-kms';
import { refuseDryRun, refuseRecipient } from '../check.ts';
import { dataKeyFor } from '../cipher.ts';
import type { KmsOperation } from '../context.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html */
export const GenerateDataKey: KmsOperation<GenerateDataKeyCommandInput, GenerateDataKeyCommandOutput> = (
  ctx,
  input,
) => {
  refuseRecipient(input.Recipient);
  const { key, plaintext, ciphertext, materialId } = dataKeyFor(ctx, input);
  refuseDryRun(input.DryRun);
  return { KeyId: key.arn, Plaintext: plaintext, CiphertextBlob: ciphertext, KeyMaterialId: materialId };
};

import type {
  GenerateDataKeyWithoutPlaintextCommandInput,
  GenerateDataKeyWithoutPlaintextCommandOutput,
} from '@aws-sdk/client-kms';
import { refuseDryRun } from '../check.ts';
import { dataKeyFor } from '../cipher.ts';
import type { KmsOperation } from '../context.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyWithoutPlaintext.html */
export const GenerateDataKeyWithoutPlaintext: KmsOperation<
  GenerateDataKeyWithoutPlaintextCommandInput,
  GenerateDataKeyWithoutPlaintextCommandOutput
> = (ctx, input) => {
  const { key, ciphertext, materialId } = dataKeyFor(ctx, input);
  refuseDryRun(input.DryRun);
  return { KeyId: key.arn, CiphertextBlob: ciphertext, KeyMaterialId: materialId };
};

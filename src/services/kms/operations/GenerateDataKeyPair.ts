import type { GenerateDataKeyPairCommandInput, GenerateDataKeyPairCommandOutput } from '@aws-sdk/client-kms';
import { newKeyPair } from '../asymmetric.ts';
import { refuseDryRun, refuseRecipient } from '../check.ts';
import { checkSymmetric, encryptFor } from '../cipher.ts';
import type { KmsOperation } from '../context.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyPair.html */
export const GenerateDataKeyPair: KmsOperation<
  GenerateDataKeyPairCommandInput,
  GenerateDataKeyPairCommandOutput
> = async (ctx, input) => {
  refuseRecipient(input.Recipient);
  checkSymmetric(ctx, input.KeyId);
  refuseDryRun(input.DryRun);
  const pair = await newKeyPair(input.KeyPairSpec!);
  const { key, ciphertext } = encryptFor(
    ctx,
    input.KeyId,
    pair.privateKey,
    'SYMMETRIC_DEFAULT',
    input.EncryptionContext,
  );
  return {
    KeyId: key.arn,
    KeyPairSpec: input.KeyPairSpec,
    PublicKey: pair.publicKey,
    PrivateKeyPlaintext: pair.privateKey,
    PrivateKeyCiphertextBlob: ciphertext,
    KeyMaterialId: key.materials.at(-1)!.id,
  };
};

import type { GetPublicKeyCommandInput, GetPublicKeyCommandOutput } from '@aws-sdk/client-kms';
import type { KmsOperation } from '../context.ts';
import { unsupported } from '../errors.ts';
import { checkEnabled, resolveKey } from '../resolve.ts';
import { keyMetadata } from '../views.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GetPublicKey.html */
export const GetPublicKey: KmsOperation<GetPublicKeyCommandInput, GetPublicKeyCommandOutput> = (ctx, input) => {
  const key = resolveKey(ctx, input.KeyId);
  if (key.publicKey === undefined) throw unsupported(`${key.arn} key spec is not valid for GetPublicKey.`);
  checkEnabled(key);
  const { EncryptionAlgorithms, SigningAlgorithms, KeyAgreementAlgorithms, ...view } = keyMetadata(key);
  return {
    KeyId: key.arn,
    PublicKey: Buffer.from(key.publicKey, 'base64'),
    CustomerMasterKeySpec: view.CustomerMasterKeySpec,
    KeySpec: key.spec,
    KeyUsage: key.usage,
    ...(EncryptionAlgorithms && { EncryptionAlgorithms }),
    ...(SigningAlgorithms && { SigningAlgorithms }),
    ...(KeyAgreementAlgorithms && { KeyAgreementAlgorithms }),
  };
};

import { diffieHellman } from 'node:crypto';
import type { DeriveSharedSecretCommandInput, DeriveSharedSecretCommandOutput } from '@aws-sdk/client-kms';
import { openMaterial } from '#keys/kms-key.ts';
import { Constraints } from '#protocol/constraints.ts';
import { privateKeyOf, publicKeyOf } from '../asymmetric.ts';
import { refuseDryRun, refuseRecipient } from '../check.ts';
import type { KmsOperation } from '../context.ts';
import { validation } from '../errors.ts';
import { checkUsable, resolveKey } from '../resolve.ts';

function agree(privateKey: Buffer, publicKey: Buffer): Buffer {
  try {
    return diffieHellman({ privateKey: privateKeyOf(privateKey), publicKey: publicKeyOf(publicKey) });
  } catch {
    throw validation('PublicKey is not a public key on the curve of the KMS key.');
  }
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_DeriveSharedSecret.html */
export const DeriveSharedSecret: KmsOperation<DeriveSharedSecretCommandInput, DeriveSharedSecretCommandOutput> = (
  ctx,
  input,
) => {
  new Constraints()
    .text('keyAgreementAlgorithm', input.KeyAgreementAlgorithm, { values: ['ECDH'] })
    .size('publicKey', input.PublicKey?.length, { min: 1, max: 8192 })
    .check();
  refuseRecipient(input.Recipient);
  const key = resolveKey(ctx, input.KeyId);
  checkUsable(ctx, key, 'KEY_AGREEMENT');
  refuseDryRun(input.DryRun);
  const secret = agree(openMaterial(ctx.deps.vault, key), Buffer.from(input.PublicKey!));
  return { KeyId: key.arn, SharedSecret: secret, KeyAgreementAlgorithm: 'ECDH', KeyOrigin: 'AWS_KMS' };
};

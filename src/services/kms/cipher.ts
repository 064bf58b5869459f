/** Encrypt, decrypt and data keys under any key that can: what the operations of that family have in common. */
import type { DataKeySpec, EncryptionAlgorithmSpec } from '@aws-sdk/client-kms';
import { decryptWith, type EncryptionContext, encryptUnder, openMaterial, readBlob } from '#keys/kms-key.ts';
import type { KmsKeyRow } from '#model/kms.ts';
import { Constraints } from '#protocol/constraints.ts';
import { kmsKeys } from '#store/tables/secrets.ts';
import { rsaDecrypt, rsaEncrypt } from './asymmetric.ts';
import { type KmsContext, keyDeps } from './context.ts';
import { ciphertextElsewhere, incorrectKey, invalidCiphertext, invalidKeyUsage, validation } from './errors.ts';
import { checkUsable, freshKey, resolveKey } from './resolve.ts';
import { specs } from './specs.ts';

function checkAlgorithm(key: KmsKeyRow, algorithm: EncryptionAlgorithmSpec): void {
  if (!specs[key.spec]?.encryption?.includes(algorithm)) {
    throw invalidKeyUsage(`Algorithm ${algorithm} and key spec ${key.spec} are incompatible.`);
  }
}

export function encryptFor(
  ctx: KmsContext,
  named: string | undefined,
  plaintext: Buffer,
  algorithm: EncryptionAlgorithmSpec = 'SYMMETRIC_DEFAULT',
  context: EncryptionContext = {},
): { readonly key: KmsKeyRow; readonly ciphertext: Buffer } {
  const found = resolveKey(ctx, named);
  checkUsable(ctx, found, 'ENCRYPT_DECRYPT');
  checkAlgorithm(found, algorithm);
  if (found.spec !== 'SYMMETRIC_DEFAULT') {
    if (Object.keys(context).length > 0) {
      throw validation('An encryption context is not valid with an asymmetric KMS key.');
    }
    const publicKey = Buffer.from(found.publicKey!, 'base64');
    return { key: found, ciphertext: rsaEncrypt(found.spec, publicKey, algorithm, plaintext) };
  }
  const key = freshKey(ctx, found);
  return { key, ciphertext: encryptUnder(keyDeps(ctx), key, plaintext, context) };
}

export interface Opened {
  readonly key: KmsKeyRow;
  readonly plaintext: Buffer;
  readonly materialId?: string;
}

/** Of a symmetric ciphertext the key is named by itself; `named`, when given, must be that key. */
export function decryptFor(
  ctx: KmsContext,
  named: string | undefined,
  ciphertext: Buffer,
  algorithm: EncryptionAlgorithmSpec = 'SYMMETRIC_DEFAULT',
  context: EncryptionContext = {},
): Opened {
  if (algorithm !== 'SYMMETRIC_DEFAULT') {
    if (named === undefined) throw validation('KeyId is required to decrypt under an asymmetric KMS key.');
    const key = resolveKey(ctx, named);
    checkUsable(ctx, key, 'ENCRYPT_DECRYPT');
    checkAlgorithm(key, algorithm);
    const plaintext = rsaDecrypt(openMaterial(ctx.deps.vault, key), algorithm, ciphertext);
    if (!plaintext) throw invalidCiphertext();
    return { key, plaintext };
  }
  const given = named === undefined ? undefined : resolveKey(ctx, named);
  if (given) checkUsable(ctx, given, 'ENCRYPT_DECRYPT');
  const blob = readBlob(ciphertext);
  if (!blob) throw invalidCiphertext();
  const key = ctx.store.get(kmsKeys, blob.keyArn);
  if (given && given.arn !== blob.keyArn) throw incorrectKey();
  if (!key || key.region !== ctx.region) throw ciphertextElsewhere();
  checkUsable(ctx, key, 'ENCRYPT_DECRYPT');
  const plaintext = decryptWith(ctx.deps.vault, key, blob, context);
  if (!plaintext) throw invalidCiphertext();
  return { key, plaintext, materialId: blob.materialId };
}

const dataKeyBytes: Readonly<Record<DataKeySpec, number>> = { AES_128: 16, AES_256: 32 };

interface DataKeyInput {
  readonly KeyId: string | undefined;
  readonly KeySpec?: DataKeySpec | undefined;
  readonly NumberOfBytes?: number | undefined;
  readonly EncryptionContext?: Record<string, string> | undefined;
}

/** A fresh data key, in clear and under the KMS key. */
export function dataKeyFor(ctx: KmsContext, input: DataKeyInput) {
  new Constraints()
    .number('numberOfBytes', input.NumberOfBytes, { min: 1, max: 1024 })
    .text('keySpec', input.KeySpec, { values: Object.keys(dataKeyBytes) })
    .check();
  if ((input.KeySpec === undefined) === (input.NumberOfBytes === undefined)) {
    throw validation('Please specify either number of bytes or key spec.');
  }
  const size = input.NumberOfBytes ?? dataKeyBytes[input.KeySpec!];
  const plaintext = Buffer.from(ctx.random.bytes(size));
  checkSymmetric(ctx, input.KeyId);
  const { key, ciphertext } = encryptFor(ctx, input.KeyId, plaintext, 'SYMMETRIC_DEFAULT', input.EncryptionContext);
  return { key, plaintext, ciphertext, materialId: key.materials.at(-1)!.id };
}

export function checkSymmetric(ctx: KmsContext, named: string | undefined): void {
  const key = resolveKey(ctx, named);
  checkUsable(ctx, key, 'ENCRYPT_DECRYPT');
  if (key.spec !== 'SYMMETRIC_DEFAULT') {
    throw invalidKeyUsage(`${key.arn} key spec is ${key.spec} which is not valid for ${ctx.operation}.`);
  }
}

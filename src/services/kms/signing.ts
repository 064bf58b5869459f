/** What a key may sign with, and MACs. */
import { createHmac } from 'node:crypto';
import type { MacAlgorithmSpec, SigningAlgorithmSpec } from '@aws-sdk/client-kms';
import { openMaterial } from '#keys/kms-key.ts';
import type { KmsKeyRow } from '#model/kms.ts';
import type { KmsContext } from './context.ts';
import { invalidKeyUsage } from './errors.ts';
import { checkUsable } from './resolve.ts';
import { hashOf, specs } from './specs.ts';

export function checkSigningAlgorithm(
  key: KmsKeyRow,
  algorithm: SigningAlgorithmSpec | undefined,
): SigningAlgorithmSpec {
  if (!algorithm || !specs[key.spec]?.signing?.includes(algorithm)) {
    throw invalidKeyUsage(`Algorithm ${algorithm} and key spec ${key.spec} are incompatible.`);
  }
  return algorithm;
}

export function macOf(
  ctx: KmsContext,
  key: KmsKeyRow,
  algorithm: MacAlgorithmSpec | undefined,
  message: Buffer,
): Buffer {
  checkUsable(ctx, key, 'GENERATE_VERIFY_MAC');
  if (!algorithm || specs[key.spec]?.mac !== algorithm) {
    throw invalidKeyUsage(`Algorithm ${algorithm} and key spec ${key.spec} are incompatible.`);
  }
  return createHmac(hashOf(algorithm), openMaterial(ctx.deps.vault, key)).update(message).digest();
}

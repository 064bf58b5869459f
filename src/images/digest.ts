/** Content addresses, as the OCI image specification writes them. */
import { createHash } from 'node:crypto';

export type DigestAlgorithm = 'sha256' | 'sha512';

const digestPattern = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

export const isDigest = (text: unknown): text is string => typeof text === 'string' && digestPattern.test(text);

export const algorithmOf = (digest: string): DigestAlgorithm => (digest.startsWith('sha512:') ? 'sha512' : 'sha256');

export const digestOf = (bytes: Uint8Array, algorithm: DigestAlgorithm = 'sha256'): string =>
  `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;

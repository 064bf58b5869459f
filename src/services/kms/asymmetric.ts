/** Key pairs, signatures, MACs and RSA encryption, by node:crypto. Keys are PKCS #8 and SubjectPublicKeyInfo, in DER. */
import {
  constants,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  privateDecrypt,
  privateEncrypt,
  publicDecrypt,
  publicEncrypt,
  sign,
  verify,
} from 'node:crypto';
import { promisify } from 'node:util';
import type { KeySpec, SigningAlgorithmSpec } from '@aws-sdk/client-kms';
import { unsupported, validation } from './errors.ts';
import { hashOf, specs } from './specs.ts';

export interface KeyPair {
  readonly privateKey: Buffer;
  readonly publicKey: Buffer;
}

const generate = promisify(generateKeyPair);
const encodings = {
  publicKeyEncoding: { type: 'spki', format: 'der' },
  privateKeyEncoding: { type: 'pkcs8', format: 'der' },
} as const;

/** Off the event loop: an RSA key of 4096 bits takes a second. Draws from OpenSSL's randomness, as keys must. */
export async function newKeyPair(spec: KeySpec): Promise<KeyPair> {
  const { rsaBits, curve } = specs[spec] ?? {};
  if (rsaBits) return generate('rsa', { modulusLength: rsaBits, ...encodings });
  if (curve) return generate('ec', { namedCurve: curve, ...encodings });
  throw unsupported(`KeySpec ${spec} is not supported.`);
}

export const privateKeyOf = (der: Buffer) => createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
export const publicKeyOf = (der: Buffer) => createPublicKey({ key: der, format: 'der', type: 'spki' });

/** ASN.1 prefixes of DigestInfo: what PKCS #1 v1.5 signs in front of a digest. */
const digestInfo: Readonly<Record<string, string>> = {
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
};
const digestBytes: Readonly<Record<string, number>> = { sha256: 32, sha384: 48, sha512: 64 };

const padding = (algorithm: SigningAlgorithmSpec) =>
  algorithm.startsWith('RSASSA_PSS')
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : {};

/** The digest that a client has made itself, in the form that is signed. Only PKCS #1 v1.5 can be signed so here. */
function encodedDigest(algorithm: SigningAlgorithmSpec, digest: Buffer): Buffer {
  const hash = hashOf(algorithm);
  if (digest.length !== digestBytes[hash]) {
    throw validation(`Digest is invalid length for algorithm ${algorithm}.`);
  }
  if (!algorithm.startsWith('RSASSA_PKCS1')) {
    throw unsupported(`Slipway signs with ${algorithm} only when MessageType is RAW.`);
  }
  return Buffer.concat([Buffer.from(digestInfo[hash]!, 'hex'), digest]);
}

export function signWith(der: Buffer, algorithm: SigningAlgorithmSpec, message: Buffer, isDigest: boolean): Buffer {
  const key = privateKeyOf(der);
  if (isDigest) {
    return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, encodedDigest(algorithm, message));
  }
  return sign(hashOf(algorithm), message, { key, ...padding(algorithm) });
}

export function isSignature(
  der: Buffer,
  algorithm: SigningAlgorithmSpec,
  message: Buffer,
  signature: Buffer,
  isDigest: boolean,
): boolean {
  const key = publicKeyOf(der);
  if (!isDigest) return verify(hashOf(algorithm), message, { key, ...padding(algorithm) }, signature);
  const encoded = encodedDigest(algorithm, message);
  try {
    return publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, signature).equals(encoded);
  } catch {
    return false;
  }
}

const oaepHash = (algorithm: string) => (algorithm.endsWith('SHA_1') ? 'sha1' : 'sha256');

export function rsaEncrypt(spec: KeySpec, der: Buffer, algorithm: string, plaintext: Buffer): Buffer {
  const room = specs[spec]!.rsaBits! / 8 - 2 - 2 * (algorithm.endsWith('SHA_1') ? 20 : 32);
  if (plaintext.length > room) {
    throw validation(`Algorithm ${algorithm} and key spec ${spec} cannot encrypt data larger than ${room} bytes.`);
  }
  const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: oaepHash(algorithm) };
  return publicEncrypt({ key: publicKeyOf(der), ...oaep }, plaintext);
}

/** Undefined for bytes that the key did not encrypt. */
export function rsaDecrypt(der: Buffer, algorithm: string, ciphertext: Buffer): Buffer | undefined {
  const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: oaepHash(algorithm) };
  try {
    return privateDecrypt({ key: privateKeyOf(der), ...oaep }, ciphertext);
  } catch {
    return undefined;
  }
}

/**
 * What each kind of key can do. https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html
 */
import type {
  EncryptionAlgorithmSpec,
  KeySpec,
  KeyUsageType,
  MacAlgorithmSpec,
  SigningAlgorithmSpec,
} from '@aws-sdk/client-kms';

export interface Spec {
  readonly usages: readonly KeyUsageType[];
  readonly encryption?: readonly EncryptionAlgorithmSpec[];
  readonly signing?: readonly SigningAlgorithmSpec[];
  readonly mac?: MacAlgorithmSpec;
  /** Bytes of an HMAC key. */
  readonly macBytes?: number;
  /** Bits of an RSA modulus. */
  readonly rsaBits?: number;
  /** OpenSSL's name of the curve. */
  readonly curve?: string;
}

const rsa = (rsaBits: number): Spec => ({
  usages: ['ENCRYPT_DECRYPT', 'SIGN_VERIFY'],
  encryption: ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'],
  signing: [
    'RSASSA_PKCS1_V1_5_SHA_256',
    'RSASSA_PKCS1_V1_5_SHA_384',
    'RSASSA_PKCS1_V1_5_SHA_512',
    'RSASSA_PSS_SHA_256',
    'RSASSA_PSS_SHA_384',
    'RSASSA_PSS_SHA_512',
  ],
  rsaBits,
});
const ecc = (curve: string, signing: SigningAlgorithmSpec, agrees = true): Spec => ({
  usages: agrees ? ['SIGN_VERIFY', 'KEY_AGREEMENT'] : ['SIGN_VERIFY'],
  signing: [signing],
  curve,
});
const hmac = (mac: MacAlgorithmSpec, macBytes: number): Spec => ({ usages: ['GENERATE_VERIFY_MAC'], mac, macBytes });

export const specs: Readonly<Partial<Record<KeySpec, Spec>>> = {
  SYMMETRIC_DEFAULT: { usages: ['ENCRYPT_DECRYPT'], encryption: ['SYMMETRIC_DEFAULT'] },
  RSA_2048: rsa(2048),
  RSA_3072: rsa(3072),
  RSA_4096: rsa(4096),
  ECC_NIST_P256: ecc('P-256', 'ECDSA_SHA_256'),
  ECC_NIST_P384: ecc('P-384', 'ECDSA_SHA_384'),
  ECC_NIST_P521: ecc('P-521', 'ECDSA_SHA_512'),
  ECC_SECG_P256K1: ecc('secp256k1', 'ECDSA_SHA_256', false),
  HMAC_224: hmac('HMAC_SHA_224', 28),
  HMAC_256: hmac('HMAC_SHA_256', 32),
  HMAC_384: hmac('HMAC_SHA_384', 48),
  HMAC_512: hmac('HMAC_SHA_512', 64),
};

/** `sha256` of `RSASSA_PSS_SHA_256`. */
export const hashOf = (algorithm: string): string => `sha${algorithm.slice(algorithm.lastIndexOf('_') + 1)}`;

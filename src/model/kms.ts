/** Rows of KMS. Key material is sealed by the vault; everything else of a key may be seen by whoever may describe it. */
import type { GrantConstraints, GrantOperation, KeySpec, KeyUsageType } from '@aws-sdk/client-kms';
import type { Scope } from './arn.ts';

/** One generation of a key. Ciphertexts name theirs, so those of older generations still open. */
export interface KeyMaterial {
  /** 64 hex digits. */
  readonly id: string;
  /** Raw bytes of a symmetric key, PKCS #8 (DER) of a private one, sealed with the key's ARN as its context. */
  readonly sealed: string;
  readonly createdAt: number;
  /** How it came to replace the one before; absent on the first. */
  readonly rotation?: 'AUTOMATIC' | 'ON_DEMAND';
}

export interface KmsKeyRow extends Scope {
  /** `arn:aws:kms:<region>:<account>:key/<id>` */
  readonly arn: string;
  /** A UUID. */
  readonly id: string;
  readonly state: 'Enabled' | 'Disabled' | 'PendingDeletion';
  readonly manager: 'AWS' | 'CUSTOMER';
  readonly spec: KeySpec;
  readonly usage: KeyUsageType;
  readonly description: string;
  /** As its writer sent it. */
  readonly policy: string;
  readonly createdAt: number;
  /** While PendingDeletion: from then on the key is gone. */
  readonly deletionAt?: number;
  /** Oldest first; the last one encrypts. */
  readonly materials: readonly KeyMaterial[];
  /** Of an asymmetric key: SubjectPublicKeyInfo (DER), base64. */
  readonly publicKey?: string;
  /** Set while the key rotates by itself. */
  readonly rotation?: { readonly periodDays: number; readonly nextAt: number };
  readonly tags: Readonly<Record<string, string>>;
}

export interface KmsAliasRow extends Scope {
  /** `arn:aws:kms:<region>:<account>:alias/<…>` */
  readonly arn: string;
  /** With `alias/`. */
  readonly name: string;
  readonly keyArn: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** Allows a principal some operations with a key, besides what the key's policy says. */
export interface KmsGrantRow {
  /** `<keyArn>#<id>` */
  readonly key: string;
  readonly keyArn: string;
  /** 64 hex digits. */
  readonly id: string;
  readonly name?: string;
  readonly granteePrincipal: string;
  readonly retiringPrincipal?: string;
  readonly operations: readonly GrantOperation[];
  readonly constraints?: Pick<GrantConstraints, 'EncryptionContextEquals' | 'EncryptionContextSubset'>;
  readonly issuingAccount: string;
  readonly createdAt: number;
}

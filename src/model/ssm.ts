/** Rows of Parameter Store. A value is in its version's row only, and sealed there whatever its type. */
import type { ParameterTier, ParameterType } from '@aws-sdk/client-ssm';
import type { Scope } from './arn.ts';

/** `Standard` and `Advanced` are what a parameter can be; Intelligent-Tiering is resolved to one of them. */
export type StoredTier = Exclude<ParameterTier, 'Intelligent-Tiering'>;

export interface ParameterPolicy {
  /** JSON of this one policy, as its writer sent it. */
  readonly text: string;
  readonly type: 'Expiration' | 'ExpirationNotification' | 'NoChangeNotification';
  /** When it acts: deletes the parameter, or becomes Finished. */
  readonly dueAt: number;
  /** A notification that has become due: its `PolicyStatus` is Finished. */
  readonly finishedAt?: number;
}

export interface ParameterRow extends Scope {
  /** `account/region/name`: `/a` and `a` are two parameters, though their ARNs are one. */
  readonly key: string;
  readonly arn: string;
  readonly name: string;
  /** The newest version; its row holds everything that a version has. */
  readonly version: number;
  readonly policies: readonly ParameterPolicy[];
  readonly tags: Readonly<Record<string, string>>;
  readonly resourcePolicy?: { readonly id: string; readonly document: string };
}

export interface ParameterVersionRow {
  /** `<parameter key>#<version, 12 digits>`: sorts by version. */
  readonly key: string;
  readonly parameterKey: string;
  readonly version: number;
  readonly type: ParameterType;
  readonly dataType: string;
  readonly tier: StoredTier;
  /** Of a SecureString under a KMS key, else by the vault. */
  readonly sealed: string;
  /** Of a SecureString: the key as its writer named it, an alias or an ARN. */
  readonly keyId?: string;
  readonly description?: string;
  readonly allowedPattern?: string;
  readonly labels: readonly string[];
  readonly modifiedAt: number;
  /** ARN of the principal. */
  readonly modifiedBy: string;
}

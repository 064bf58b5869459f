/** Rows of Secrets Manager. Values are in the rows of versions only, sealed under a KMS key. */
import type { RotationRulesType } from '@aws-sdk/client-secrets-manager';
import type { Scope } from './arn.ts';

/** A copy in another region, which follows its primary secret in the same transactions. */
export interface SecretReplica {
  readonly region: string;
  /** As the client named it; absent where it is that region's aws/secretsmanager. */
  readonly kmsKeyId?: string;
  readonly status: 'InSync' | 'Failed';
  readonly statusMessage: string;
}

export interface SecretRow extends Scope {
  /** `arn:aws:secretsmanager:<region>:<account>:secret:<name>-<6 characters>` */
  readonly arn: string;
  readonly name: string;
  readonly description?: string;
  /** As the client named it; absent where it is aws/secretsmanager. */
  readonly kmsKeyId?: string;
  readonly policy?: string;
  readonly createdAt: number;
  readonly changedAt: number;
  /** The day (UTC midnight) on which a value was last read. */
  readonly accessedDay?: number;
  /** While it waits for its deletion: from then on it is gone. */
  readonly deletionAt?: number;
  /** As configured; Slipway runs no rotation function. */
  readonly rotation?: {
    readonly enabled: boolean;
    readonly lambdaArn: string;
    readonly rules?: RotationRulesType;
  };
  readonly replicas: readonly SecretReplica[];
  /** Of a replica: where its primary secret is. */
  readonly primaryRegion?: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface SecretVersionRow {
  /** `<secretArn>#<versionId>` */
  readonly key: string;
  readonly secretArn: string;
  readonly versionId: string;
  readonly kind: 'string' | 'binary';
  readonly sealed: string;
  /** ARN of the key that it is sealed under. */
  readonly kmsKeyArn: string;
  readonly stages: readonly string[];
  readonly createdAt: number;
  readonly accessedDay?: number;
}

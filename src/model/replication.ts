/** Rows of replication: which images are to be where, and how far that is. */
import type { Scope } from './arn.ts';

export interface ReplicationDestination {
  readonly region: string;
  /** An account. */
  readonly registryId: string;
}

export const destinationKey = ({ registryId, region }: ReplicationDestination): string => `${registryId}/${region}`;

/**
 * An image and one destination of it. IN_PROGRESS until it is there or cannot be; a later push of the same image begins it
 * anew. Key: `<key of the image>><registryId>/<region>`.
 */
export interface ReplicationRow {
  readonly key: string;
  readonly imageKey: string;
  readonly repositoryArn: string;
  readonly digest: string;
  readonly destination: ReplicationDestination;
  readonly status: 'IN_PROGRESS' | 'COMPLETE' | 'FAILED';
  readonly failureCode?: string;
  /** In words, for people. */
  readonly failureReason?: string;
  /** Of an index that failed: why images that it lists did. */
  readonly childFailureCodes?: readonly string[];
  /** That are to name the image over there, of all requests since it was last settled. */
  readonly tags: readonly string[];
  /** Grows with every request, so that a result is that of the request which it answers. */
  readonly generation: number;
  readonly requestedAt: number;
  readonly settledAt?: number;
  readonly attempts: number;
  readonly nextAttemptAt?: number;
  /** A backfill asked for it, and nobody else. */
  readonly backfillId?: string;
}

export const replicationKey = (imageKey: string, destination: ReplicationDestination): string =>
  `${imageKey}>${destinationKey(destination)}`;

export const backfillStatuses = ['PREPARING', 'IN_PROGRESS', 'STOPPING', 'STOPPED', 'COMPLETE', 'FAILED'] as const;
export type BackfillStatus = (typeof backfillStatuses)[number];

export const isBackfillOver = (status: BackfillStatus): boolean =>
  status === 'STOPPED' || status === 'COMPLETE' || status === 'FAILED';

/** Replication of what was there before its rule. Key: its id. Forgotten 90 days after its end. */
export interface ReplicationBackfillRow extends Scope {
  readonly id: string;
  readonly destination: ReplicationDestination;
  readonly status: BackfillStatus;
  readonly failureCode?: string;
  /** While PREPARING: the last repository and image that were looked at. */
  readonly cursor?: { readonly repositoryArn: string; readonly imageKey?: string };
  /** Every image that matches has its item. */
  readonly prepared: boolean;
  readonly items: number;
  readonly failureCodes: readonly string[];
  readonly startedAt: number;
  readonly endedAt?: number;
}

/** One image under one of its tags (or none). Key: `<backfillId>/<number>`, in the order of their making. */
export interface ReplicationBackfillItemRow {
  readonly key: string;
  readonly backfillId: string;
  /** Of the ReplicationRow that decides it. */
  readonly replicationKey: string;
  readonly repositoryName: string;
  readonly digest: string;
  readonly tag?: string;
  readonly status: 'PENDING' | 'COMPLETE' | 'FAILED';
  readonly failureCode?: string;
  /** Only where the image is an index. */
  readonly childFailureCodes?: readonly string[];
}

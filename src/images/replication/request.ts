/**
 * Where replication is asked for: by a push or the restoring of an image under a registry's rules, and by a backfill. The
 * row is the request and its status; the reconciler `replication` sees to it.
 *
 * - What is replicated or deleted here is never replicated on: a registry's rules are about what its clients push.
 * - Deletes are not replicated. A tag that moves moves over there, too.
 *
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/replication.html
 */
import { scopeKey } from '#model/arn.ts';
import type { RepositoryRow } from '#model/ecr.ts';
import type { ReplicationRule } from '#model/ecr-registry.ts';
import {
  destinationKey,
  type ReplicationDestination,
  type ReplicationRow,
  replicationKey,
} from '#model/replication.ts';
import type { Tx } from '#store/store.ts';
import { registries, replicationBackfillItems, replicationBackfills, replications } from '#store/tables/ecr.ts';
import { type ImageDeps, inRepository } from '../blobs.ts';

const isChosen = ({ repositoryFilters }: ReplicationRule, name: string): boolean =>
  !repositoryFilters || repositoryFilters.some(({ filter }) => name.startsWith(filter));

/** Each once, whatever rules name it. */
export function destinationsOf(
  rules: readonly ReplicationRule[] | undefined,
  repositoryName: string,
): ReplicationDestination[] {
  const found = new Map<string, ReplicationDestination>();
  for (const rule of rules ?? []) {
    if (!isChosen(rule, repositoryName)) continue;
    for (const destination of rule.destinations) found.set(destinationKey(destination), destination);
  }
  return [...found.values()];
}

/** A request that is not done yet is that of both. */
export function requestReplication(
  tx: Tx,
  deps: ImageDeps,
  request: {
    readonly repositoryArn: string;
    readonly digest: string;
    readonly tags: readonly string[];
    readonly destination: ReplicationDestination;
    readonly backfillId?: string;
  },
): ReplicationRow {
  const { repositoryArn, digest, destination, backfillId } = request;
  const imageKey = inRepository(repositoryArn, digest);
  const key = replicationKey(imageKey, destination);
  const before = tx.get(replications, key);
  const open = before?.status === 'IN_PROGRESS' ? before : undefined;
  const isOnlyBackfilled = backfillId !== undefined && (!open || open.backfillId === backfillId);
  return tx.put(replications, {
    key,
    imageKey,
    repositoryArn,
    digest,
    destination: { region: destination.region, registryId: destination.registryId },
    status: 'IN_PROGRESS',
    tags: [...new Set([...(open?.tags ?? []), ...request.tags])],
    generation: (before?.generation ?? 0) + 1,
    requestedAt: deps.clock.now(),
    attempts: 0,
    ...(isOnlyBackfilled && { backfillId }),
  });
}

/** For an image that was pushed or restored, with the tags that are new. */
export function replicateOnPush(
  tx: Tx,
  deps: ImageDeps,
  repository: RepositoryRow,
  image: { readonly digest: string; readonly tags: readonly string[] },
): void {
  if (repository.kind !== 'private') return;
  const rules = tx.get(registries, scopeKey(repository))?.replicationRules;
  if (!rules?.length) return;
  for (const destination of destinationsOf(rules, repository.name)) {
    requestReplication(tx, deps, { repositoryArn: repository.arn, ...image, destination });
  }
}

export type ReplicationOutcome =
  | { readonly done: true }
  | {
      readonly done: false;
      readonly failureCode: string;
      readonly reason: string;
      readonly childFailureCodes?: readonly string[];
    };

type Result = Pick<ReplicationRow, 'status' | 'failureCode' | 'childFailureCodes'>;

/** Items of backfills that waited for the row. */
function settleItems(tx: Tx, key: string, { status, failureCode, childFailureCodes }: Result): void {
  for (const item of [...tx.find(replicationBackfillItems, 'pending', key)]) {
    tx.put(replicationBackfillItems, {
      ...item,
      status: status === 'COMPLETE' ? 'COMPLETE' : 'FAILED',
      ...(failureCode !== undefined && { failureCode }),
      ...(childFailureCodes && { childFailureCodes }),
    });
    const backfill = tx.get(replicationBackfills, item.backfillId);
    if (failureCode === undefined || !backfill || backfill.failureCodes.includes(failureCode)) continue;
    tx.put(replicationBackfills, { ...backfill, failureCodes: [...backfill.failureCodes, failureCode] });
  }
}

/** Takes note of an outcome, unless the row was asked for anew since `generation`. */
export function settleReplication(
  tx: Tx,
  deps: ImageDeps,
  key: string,
  generation: number,
  outcome: ReplicationOutcome,
): void {
  const row = tx.get(replications, key);
  if (row?.status !== 'IN_PROGRESS' || row.generation !== generation) return;
  const { nextAttemptAt: _, failureCode: __, failureReason: ___, childFailureCodes: ____, ...rest } = row;
  const settled: ReplicationRow = {
    ...rest,
    tags: [],
    settledAt: deps.clock.now(),
    ...(outcome.done
      ? { status: 'COMPLETE' }
      : {
          status: 'FAILED',
          failureCode: outcome.failureCode,
          failureReason: outcome.reason,
          ...(outcome.childFailureCodes && { childFailureCodes: outcome.childFailureCodes }),
        }),
  };
  tx.put(replications, settled);
  settleItems(tx, key, settled);
}

/** The image is gone, and with it what was to become of it. */
export function forgetReplications(tx: Tx, imageKey: string): void {
  for (const row of [...tx.find(replications, 'byImage', imageKey)]) {
    tx.delete(replications, row.key);
    settleItems(tx, row.key, { status: 'FAILED', failureCode: 'ImageNotFound' });
  }
}

/**
 * Brings images to where the rows of `replications` say that they are to be. Registries that are held here get rows, in one
 * transaction; to those elsewhere the registry process pushes, a few images at a time. What is being pushed is known in
 * memory only: after a restart the rows still ask for it, and what has arrived is not sent again.
 */

import type { ImageLimits } from '#images/blobs.ts';
import { findTag } from '#images/delete-image.ts';
import type { RemoteReplication } from '#images/replication/remote.ts';
import { replicateHere } from '#images/replication/replicate-here.ts';
import { type ReplicationOutcome, settleReplication } from '#images/replication/request.ts';
import { type Backoff, backoffMs } from '#lib/backoff.ts';
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { Random } from '#lib/random.ts';
import type { ReplicationRow } from '#model/replication.ts';
import { changeOf, type Store } from '#store/store.ts';
import { replications } from '#store/tables/ecr.ts';
import type { Reconciler } from '../driver.ts';

export interface ReplicationDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Without one every destination is one of those held here. */
  readonly remote?: RemoteReplication;
  readonly limits?: ImageLimits;
}

/** More: pushes share the line and the registry process; fewer: many small images wait for a large one. */
const pushesAtATime = 4;
/** While all of those are taken. */
const busyMs = 500;
const retry: Backoff = { firstMs: 1_000, maxMs: 300_000, factor: 3, jitter: 0.2 };
/** After so many, some hours, somebody has to look; a new push or a backfill begins anew. */
const maxAttempts = 30;

export interface ReplicationReconciler extends Reconciler {
  /** `wake` is called when a push is over: its row may have been asked for anew meanwhile. */
  onSettled(wake: (key: string) => void): void;
  /** Whether bytes of it are on their way. */
  isRunning(key: string): boolean;
  close(): void;
}

export function createReplicationReconciler(deps: ReplicationDeps): ReplicationReconciler {
  const { store, clock, random, logger, remote } = deps;
  const running = new Set<string>();
  let closed = false;

  const settle = (row: ReplicationRow, outcome: ReplicationOutcome) => {
    store.transact((tx) => settleReplication(tx, deps, row.key, row.generation, outcome));
    const fields = { repository: row.repositoryArn, digest: row.digest, destination: row.destination };
    if (outcome.done) logger.debug('an image was replicated', fields);
    else logger.warn('an image could not be replicated', { ...fields, ...outcome });
  };

  /** Later again; the row is FAILED when that was too often. */
  const putOff = (row: ReplicationRow, failureCode: string, reason: string) => {
    const attempts = row.attempts + 1;
    if (attempts >= maxAttempts) return settle(row, { done: false, failureCode, reason });
    logger.debug('a replication is tried again later', { key: row.key, failureCode, reason, attempts });
    store.transact((tx) => {
      const now = tx.get(replications, row.key);
      if (now?.generation !== row.generation || now.status !== 'IN_PROGRESS') return;
      const nextAttemptAt = clock.now() + Math.round(backoffMs(retry, attempts, random));
      tx.put(replications, { ...now, attempts, nextAttemptAt });
    });
  };

  const push = async (row: ReplicationRow): Promise<void> => {
    running.add(row.key);
    const { repositoryArn, digest, destination } = row;
    const tags = row.tags.filter((tag) => findTag(store, repositoryArn, tag)?.digest === digest);
    try {
      const result = await remote!.push({ repositoryArn, digest, tags, destination });
      if (closed) return;
      if (result.done) settle(row, result);
      else if (result.mayPass) putOff(row, result.failureCode, result.reason);
      else settle(row, { done: false, failureCode: result.failureCode, reason: result.reason });
    } catch (error) {
      if (!closed) putOff(row, 'RegistryUnavailable', (error as Error).message);
    } finally {
      running.delete(row.key);
      wakeAgain(row.key);
    }
  };

  let wakeAgain: (key: string) => void = () => {};

  const reconcile = (key: string): number | undefined => {
    const row = store.get(replications, key);
    if (closed || row?.status !== 'IN_PROGRESS' || running.has(key)) return undefined;
    const now = clock.now();
    if (row.nextAttemptAt !== undefined && row.nextAttemptAt > now) return row.nextAttemptAt;
    if (!remote?.isRemote(row.destination)) {
      store.transact((tx) => settleReplication(tx, deps, key, row.generation, replicateHere(tx, deps, row)));
      const done = store.get(replications, key);
      if (done?.status === 'FAILED') {
        const { failureCode, failureReason, destination } = done;
        logger.warn('an image could not be replicated', { key, destination, failureCode, failureReason });
      }
      return undefined;
    }
    if (running.size >= pushesAtATime) return now + busyMs;
    void push(row);
    return undefined;
  };

  return {
    name: 'replication',
    *wokenBy(change) {
      const of = changeOf(replications, change);
      if (of?.after?.status === 'IN_PROGRESS') yield of.key;
    },
    *all() {
      for (const { key } of store.find(replications, 'open', 'open')) yield key;
    },
    reconcile,
    isRunning: (key) => running.has(key),
    onSettled(listener) {
      wakeAgain = listener;
    },
    close() {
      closed = true;
    },
  };
}

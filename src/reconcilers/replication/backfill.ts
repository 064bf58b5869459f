/**
 * Backfills: PREPARING walks over the images that match and asks for each under each of its tags; IN_PROGRESS waits for
 * those; STOPPING takes back what has not begun. Everything that a backfill has done is in its items, so a restart goes on.
 */
import { tagsOf } from '#images/delete-image.ts';
import { destinationsOf, requestReplication } from '#images/replication/request.ts';
import type { Clock } from '#lib/clock.ts';
import { scopeKey } from '#model/arn.ts';
import { type ImageRow, type RepositoryRow, registryKey } from '#model/ecr.ts';
import {
  destinationKey,
  isBackfillOver,
  type ReplicationBackfillItemRow,
  type ReplicationBackfillRow,
} from '#model/replication.ts';
import { changeOf, type Store, type Tx } from '#store/store.ts';
import {
  images,
  registries,
  replicationBackfillItems,
  replicationBackfills,
  replications,
  repositories,
} from '#store/tables/ecr.ts';
import type { Reconciler } from '../driver.ts';

/** Images that one pass looks at. More: requests wait longer behind it. */
const imagesPerPass = 200;
const repositoriesPerPass = 2_000;
/** As AWS keeps them. */
const keptMs = 90 * 24 * 3_600_000;
/** Timers are good for 24 days at most. */
const stepMs = 86_400_000;
const itemsPerPass = 1_000;

interface BackfillDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly isRunning: (replicationKey: string) => boolean;
}

const countOf = (store: Store, id: string, status: ReplicationBackfillItemRow['status']): number =>
  store.count(replicationBackfillItems, 'byStatus', `${id}/${status}`);

function addItems(
  tx: Tx,
  deps: BackfillDeps,
  row: ReplicationBackfillRow,
  repository: RepositoryRow,
  image: ImageRow,
): number {
  const tags = tagsOf(tx, image);
  const request = { repositoryArn: repository.arn, digest: image.digest, tags, destination: row.destination };
  const replication = requestReplication(tx, deps, { ...request, backfillId: row.id });
  const named = tags.length === 0 ? [undefined] : tags;
  for (const [index, tag] of named.entries()) {
    tx.insert(replicationBackfillItems, {
      key: `${row.id}/${String(row.items + index).padStart(10, '0')}`,
      backfillId: row.id,
      replicationKey: replication.key,
      repositoryName: repository.name,
      digest: image.digest,
      ...(tag !== undefined && { tag }),
      status: 'PENDING',
    });
  }
  return named.length;
}

/** The next part of the walk; the row says how far it came. */
function prepare(tx: Tx, deps: BackfillDeps, id: string): void {
  let row = tx.get(replicationBackfills, id)!;
  const rules = tx.get(registries, scopeKey(row))?.replicationRules;
  const wanted = destinationKey(row.destination);
  const registry = registryKey({ kind: 'private', account: row.account, region: row.region });
  const isChosen = ({ name }: RepositoryRow) =>
    destinationsOf(rules, name).some((one) => destinationKey(one) === wanted);
  let [imagesLeft, repositoriesLeft] = [imagesPerPass, repositoriesPerPass];
  const pause = (cursor: NonNullable<ReplicationBackfillRow['cursor']>) =>
    tx.put(replicationBackfills, { ...row, cursor });

  const walk = (repository: RepositoryRow, after: string | undefined): boolean => {
    for (const image of tx.find(images, 'byRepository', repository.arn, after)) {
      if (image.status !== 'ACTIVE') continue;
      row = { ...row, items: row.items + addItems(tx, deps, row, repository, image) };
      imagesLeft -= 1;
      if (imagesLeft > 0) continue;
      pause({ repositoryArn: repository.arn, imageKey: image.key });
      return false;
    }
    return true;
  };

  const begun = row.cursor?.imageKey === undefined ? undefined : tx.get(repositories, row.cursor.repositoryArn);
  if (begun && isChosen(begun) && !walk(begun, row.cursor!.imageKey)) return;
  for (const repository of tx.find(repositories, 'byRegistry', registry, row.cursor?.repositoryArn)) {
    if (isChosen(repository) && !walk(repository, undefined)) return;
    repositoriesLeft -= 1;
    if (repositoriesLeft === 0) {
      pause({ repositoryArn: repository.arn });
      return;
    }
  }
  const { cursor: _, ...rest } = row;
  tx.put(replicationBackfills, { ...rest, status: 'IN_PROGRESS', prepared: true });
}

/** Takes back what has not begun; what has goes on. */
function stop(tx: Tx, deps: BackfillDeps, row: ReplicationBackfillRow): void {
  for (const one of [...tx.find(replications, 'openOfBackfill', row.id)]) {
    if (deps.isRunning(one.key)) continue;
    for (const item of [...tx.find(replicationBackfillItems, 'pending', one.key)]) {
      tx.delete(replicationBackfillItems, item.key);
    }
    tx.delete(replications, one.key);
  }
}

function end(tx: Tx, deps: BackfillDeps, id: string, status: 'COMPLETE' | 'STOPPED'): void {
  const { cursor: _, ...row } = tx.get(replicationBackfills, id)!;
  tx.put(replicationBackfills, { ...row, status, endedAt: deps.clock.now() });
}

function forget(tx: Tx, id: string): boolean {
  let left = itemsPerPass;
  for (const item of [...tx.find(replicationBackfillItems, 'byBackfill', id)]) {
    tx.delete(replicationBackfillItems, item.key);
    left -= 1;
    if (left === 0) return false;
  }
  tx.delete(replicationBackfills, id);
  return true;
}

export function createBackfillReconciler(deps: BackfillDeps): Reconciler {
  const { store, clock } = deps;

  const forgetWhenDue = (row: ReplicationBackfillRow): number | undefined => {
    const now = clock.now();
    const dueMs = (row.endedAt ?? now) + keptMs;
    if (dueMs > now) return Math.min(dueMs, now + stepMs);
    return store.transact((tx) => forget(tx, row.id)) ? undefined : now;
  };

  return {
    name: 'replication-backfill',
    *wokenBy(change) {
      const backfill = changeOf(replicationBackfills, change);
      if (backfill?.after) yield backfill.key;
      const item = changeOf(replicationBackfillItems, change);
      if (item?.before?.status === 'PENDING') yield item.before.backfillId;
    },
    isUrgent: () => false,
    *all() {
      for (const { id } of store.all(replicationBackfills)) yield id;
    },
    reconcile(id) {
      const row = store.get(replicationBackfills, id);
      if (!row) return undefined;
      if (isBackfillOver(row.status)) return forgetWhenDue(row);
      if (row.status === 'PREPARING') {
        store.transact((tx) => prepare(tx, deps, id));
        return clock.now();
      }
      if (row.status === 'STOPPING') store.transact((tx) => stop(tx, deps, row));
      if (countOf(store, id, 'PENDING') > 0) return undefined;
      store.transact((tx) => end(tx, deps, id, row.status === 'STOPPING' ? 'STOPPED' : 'COMPLETE'));
      return undefined;
    },
  };
}

/**
 * What goes by itself after a time: stopped tasks after an hour, as on AWS; INACTIVE services, clusters and capacity providers, which stay
 * describable a while; deleted task definitions that nothing refers to; idempotency tokens. Each pass drops a bounded
 * number of rows per table, oldest state first come.
 */
import type { Clock } from '#lib/clock.ts';
import type { TaskDefinitionRow } from '#model/rows.ts';
import type { Store, Tx } from '#store/store.ts';
import type { Table } from '#store/table.ts';
import {
  capacityProviders,
  clientTokens,
  clusters,
  daemonDeployments,
  daemonRevisions,
  daemons,
  serviceDeployments,
  serviceEvents,
  serviceRevisions,
  services,
  taskDefinitions,
  taskSets,
  tasks,
} from '#store/tables/ecs.ts';
import type { Reconciler } from '../driver.ts';

export interface ReaperDeps {
  readonly store: Store;
  readonly clock: Clock;
  /** How long a stopped task stays visible, in milliseconds. */
  readonly stoppedTaskMs?: number;
}

const HOUR_MS = 3_600_000;
/** ECS lists the service deployments of the last 90 days. */
const KEPT_DEPLOYMENT_MS = 90 * 24 * HOUR_MS;
/** Longer: rows linger; shorter: idle work. */
const PASS_EVERY_MS = 60_000;
/** More: a pass holds the event loop longer. */
const MAX_PER_PASS = 2_000;

function expired<R>(
  tx: Tx,
  table: Table<R>,
  rows: Iterable<R>,
  endedAt: (row: R) => number | undefined,
  beforeMs: number,
): string[] {
  const keys: string[] = [];
  for (const row of rows) {
    const at = endedAt(row);
    if (at !== undefined && at <= beforeMs) keys.push(table.key(row));
    if (keys.length === MAX_PER_PASS) break;
  }
  for (const key of keys) tx.delete(table, key);
  return keys;
}

/** When deletion was asked for, of a task definition that no task and no service refers to any more. */
const unused = (tx: Tx) => (row: TaskDefinitionRow) =>
  tx.count(tasks, 'byTaskDefinition', row.arn) === 0 &&
  tx.count(services, 'byTaskDefinition', row.arn) === 0 &&
  tx.count(daemons, 'byTaskDefinition', row.arn) === 0 &&
  tx.count(taskSets, 'byTaskDefinition', row.arn) === 0
    ? row.deleteRequestedAt
    : undefined;

/** A daemon task definition is describable as DELETED for a while. */
const deletable = (tx: Tx) => (row: TaskDefinitionRow) => (row.daemon ? row.deletedAt : unused(tx)(row));

/** Service deployments that ended long ago, and the revisions that no deployment of the service runs any more. */
function expiredDeployments(tx: Tx, beforeMs: number): string[] {
  const ended = tx.find(serviceDeployments, 'finished', 'finished');
  const old = [...ended].filter((row) => row.finishedAt! <= beforeMs).slice(0, MAX_PER_PASS);
  for (const { arn, target, serviceArn } of old) {
    tx.delete(serviceDeployments, arn);
    const inUse = tx.get(services, serviceArn)?.deployments.some((one) => one.serviceRevisionArn === target.arn);
    if (!inUse && tx.get(serviceRevisions, target.arn)) tx.delete(serviceRevisions, target.arn);
  }
  return old.map(({ arn }) => arn);
}

/** Deleted daemon task definitions that nothing uses any more stay describable as DELETED for a while. */
function markDeleted(tx: Tx, nowMs: number): void {
  const isDue = unused(tx);
  for (const row of [...tx.find(taskDefinitions, 'deleting', 'deleting')]) {
    if (!row.daemon || row.deletedAt !== undefined || isDue(row) === undefined) continue;
    tx.put(taskDefinitions, { ...row, deletedAt: nowMs });
  }
}

/** Daemon deployments that ended long ago, and the revisions that no daemon runs any more. */
function expiredDaemonDeployments(tx: Tx, beforeMs: number): string[] {
  const ended = tx.find(daemonDeployments, 'finished', 'finished');
  const old = [...ended].filter((row) => row.finishedAt! <= beforeMs).slice(0, MAX_PER_PASS);
  for (const { arn, targetRevisionArn, daemonArn } of old) {
    tx.delete(daemonDeployments, arn);
    const daemon = tx.get(daemons, daemonArn);
    const inUse = [daemon?.revisionArn, daemon?.stableRevisionArn].includes(targetRevisionArn);
    if (!inUse) tx.delete(daemonRevisions, targetRevisionArn);
  }
  return old.map(({ arn }) => arn);
}

export function createReaper(deps: ReaperDeps): Reconciler {
  const { store, clock, stoppedTaskMs = HOUR_MS } = deps;
  const reap = (tx: Tx): boolean => {
    const nowMs = clock.now();
    markDeleted(tx, nowMs);
    const gone = [
      expired(tx, tasks, tx.find(tasks, 'stopped', 'stopped'), (row) => row.stoppedAt, nowMs - stoppedTaskMs),
      expired(tx, clusters, tx.all(clusters), (row) => row.inactiveAt, nowMs - HOUR_MS),
      expired(tx, capacityProviders, tx.all(capacityProviders), (row) => row.inactiveAt, nowMs - HOUR_MS),
      expired(tx, taskDefinitions, tx.find(taskDefinitions, 'deleting', 'deleting'), deletable(tx), nowMs - HOUR_MS),
      expired(tx, clientTokens, tx.all(clientTokens), (row) => row.createdAt, nowMs - 24 * HOUR_MS),
    ];
    const goneServices = expired(tx, services, tx.all(services), (row) => row.inactiveAt, nowMs - HOUR_MS);
    for (const arn of goneServices) {
      const events = [...tx.find(serviceEvents, 'byService', arn)];
      for (const event of events) tx.delete(serviceEvents, event.key);
      for (const row of [...tx.find(serviceDeployments, 'byService', arn)]) tx.delete(serviceDeployments, row.arn);
      for (const row of [...tx.find(serviceRevisions, 'byService', arn)]) tx.delete(serviceRevisions, row.arn);
    }
    gone.push(expiredDeployments(tx, nowMs - KEPT_DEPLOYMENT_MS));
    gone.push(expiredDaemonDeployments(tx, nowMs - KEPT_DEPLOYMENT_MS));
    return [...gone, goneServices].some((keys) => keys.length === MAX_PER_PASS);
  };
  return {
    name: 'reaper',
    wokenBy: () => [],
    all: () => ['everything'],
    reconcile: () => clock.now() + (store.transact(reap) ? 0 : PASS_EVERY_MS),
  };
}

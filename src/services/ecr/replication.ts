/** What the operations of replication have in common: destinations that are configured, backfills as clients see them. */
import type { ReplicationBackfillProgress, ReplicationDestination as WireDestination } from '@aws-sdk/client-ecr';
import { invalidAt } from '#images/api/errors.ts';
import { checkPattern } from '#images/api/validate.ts';
import type { Scope } from '#model/arn.ts';
import { destinationKey, type ReplicationBackfillRow, type ReplicationDestination } from '#model/replication.ts';
import { ServiceError } from '#protocol/service.ts';
import type { View } from '#store/store.ts';
import { replicationBackfillItems, replicationBackfills } from '#store/tables/ecr.ts';
import { findRegistry } from './resolve.ts';

export const backfillNotFound = (id: string, account: string) =>
  new ServiceError(
    'ReplicationBackfillNotFoundException',
    `The replication backfill with id '${id}' does not exist in the registry with id '${account}'`,
  );
export const backfillInProgress = (region: string) =>
  new ServiceError(
    'ReplicationBackfillInProgressException',
    `A replication backfill is already in progress for the destination Region '${region}'`,
  );
export const backfillIsOver = (row: ReplicationBackfillRow) =>
  new ServiceError(
    'ReplicationBackfillInvalidStatusException',
    `The replication backfill with id '${row.id}' cannot be stopped because its status is ${row.status}`,
  );

/** One that the registry's rules name. */
export function checkDestination(view: View, scope: Scope, given: WireDestination): ReplicationDestination {
  const { region = '', registryId = '' } = given;
  checkPattern('destination.region', region, '[0-9a-z-]{2,25}');
  checkPattern('destination.registryId', registryId, '[0-9]{12}');
  const wanted = destinationKey({ region, registryId });
  const rules = findRegistry(view, scope).replicationRules ?? [];
  if (!rules.some((rule) => rule.destinations.some((one) => destinationKey(one) === wanted))) {
    throw invalidAt('destination', "The destination is not configured in the registry's replication configuration");
  }
  return { region, registryId };
}

export function requireBackfill(view: View, scope: Scope, id: string): ReplicationBackfillRow {
  const row = view.get(replicationBackfills, id);
  if (row?.account !== scope.account || row.region !== scope.region) throw backfillNotFound(id, scope.account);
  return row;
}

function progressOf(view: View, row: ReplicationBackfillRow): ReplicationBackfillProgress | undefined {
  if (!row.prepared) return undefined;
  const count = (status: string) => view.count(replicationBackfillItems, 'byStatus', `${row.id}/${status}`);
  return {
    totalReplicationCount: view.count(replicationBackfillItems, 'byBackfill', row.id),
    completedReplicationCount: count('COMPLETE'),
    failedReplicationCount: count('FAILED'),
    failureCodes: [...row.failureCodes],
  };
}

export function viewBackfill(view: View, row: ReplicationBackfillRow) {
  const progress = progressOf(view, row);
  return {
    replicationBackfillId: row.id,
    destination: { ...row.destination },
    status: row.status,
    ...(row.failureCode !== undefined && { failureCode: row.failureCode }),
    ...(progress && { progress }),
    startedAt: new Date(row.startedAt),
    ...(row.endedAt !== undefined && { endedAt: new Date(row.endedAt) }),
  };
}

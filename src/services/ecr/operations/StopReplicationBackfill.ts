import type { StopReplicationBackfillCommandInput, StopReplicationBackfillCommandOutput } from '@aws-sdk/client-ecr';
import { isBackfillOver } from '#model/replication.ts';
import { replicationBackfills } from '#store/tables/ecr.ts';
import type { EcrOperation } from '../context.ts';
import { backfillIsOver, requireBackfill } from '../replication.ts';
import { registryOf } from '../resolve.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_StopReplicationBackfill.html */
export const StopReplicationBackfill: EcrOperation<
  StopReplicationBackfillCommandInput,
  StopReplicationBackfillCommandOutput
> = (ctx, input) => {
  const registry = registryOf(ctx, input.registryId);
  const row = ctx.store.transact((tx) => {
    const before = requireBackfill(tx, registry, input.replicationBackfillId!);
    if (isBackfillOver(before.status)) throw backfillIsOver(before);
    return tx.put(replicationBackfills, { ...before, status: 'STOPPING' });
  });
  return {
    registryId: registry.account,
    replicationBackfillId: row.id,
    destination: { ...row.destination },
    status: row.status,
    startedAt: new Date(row.startedAt),
  };
};

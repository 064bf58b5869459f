import type { StartReplicationBackfillCommandInput, StartReplicationBackfillCommandOutput } from '@aws-sdk/client-ecr';
import { limitExceeded } from '#images/api/errors.ts';
import { uuid } from '#lib/ids.ts';
import { scopeKey } from '#model/arn.ts';
import { isBackfillOver } from '#model/replication.ts';
import { replicationBackfills } from '#store/tables/ecr.ts';
import type { EcrOperation } from '../context.ts';
import { backfillInProgress, checkDestination } from '../replication.ts';
import { registryOf } from '../resolve.ts';

const maxInProgress = 10;

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_StartReplicationBackfill.html */
export const StartReplicationBackfill: EcrOperation<
  StartReplicationBackfillCommandInput,
  StartReplicationBackfillCommandOutput
> = (ctx, input) => {
  const { account, region } = registryOf(ctx, input.registryId);
  const destination = checkDestination(ctx.store, { account, region }, input.destination!);
  const row = ctx.store.transact((tx) => {
    const scope = { account, region };
    const open = [...tx.find(replicationBackfills, 'byScope', scopeKey(scope))].filter(
      (one) => !isBackfillOver(one.status),
    );
    if (open.some((one) => one.destination.region === destination.region)) throw backfillInProgress(destination.region);
    if (open.length >= maxInProgress) {
      throw limitExceeded(`A registry can have up to ${maxInProgress} replication backfills in progress`);
    }
    return tx.insert(replicationBackfills, {
      ...scope,
      id: uuid(ctx.random),
      destination,
      status: 'PREPARING',
      prepared: false,
      items: 0,
      failureCodes: [],
      startedAt: ctx.clock.now(),
    });
  });
  return {
    replicationBackfillId: row.id,
    registryId: account,
    destination,
    status: row.status,
    startedAt: new Date(row.startedAt),
  };
};

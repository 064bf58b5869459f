import type {
  DescribeReplicationBackfillResultsCommandInput,
  DescribeReplicationBackfillResultsCommandOutput,
  ReplicationBackfillResult,
} from '@aws-sdk/client-ecr';
import { paginate } from '#images/api/pagination.ts';
import { checkOneOf } from '#images/api/validate.ts';
import { isBackfillOver, type ReplicationBackfillItemRow } from '#model/replication.ts';
import { replicationBackfillItems } from '#store/tables/ecr.ts';
import type { EcrOperation } from '../context.ts';
import { requireBackfill, viewBackfill } from '../replication.ts';
import { registryOf } from '../resolve.ts';

const viewItem = (item: ReplicationBackfillItemRow): ReplicationBackfillResult => ({
  repositoryName: item.repositoryName,
  imageId: { imageDigest: item.digest, ...(item.tag !== undefined && { imageTag: item.tag }) },
  status: item.status === 'COMPLETE' ? 'COMPLETE' : 'FAILED',
  ...(item.failureCode !== undefined && { failureCode: item.failureCode }),
  ...(item.childFailureCodes && { subImageFailureCodes: [...item.childFailureCodes] }),
});

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeReplicationBackfillResults.html */
export const DescribeReplicationBackfillResults: EcrOperation<
  DescribeReplicationBackfillResultsCommandInput,
  DescribeReplicationBackfillResultsCommandOutput
> = (ctx, input) => {
  const registry = registryOf(ctx, input.registryId);
  const filter =
    input.resultStatusFilter && checkOneOf('resultStatusFilter', input.resultStatusFilter, ['COMPLETE', 'FAILED']);
  const row = requireBackfill(ctx.store, registry, input.replicationBackfillId!);
  const { items, ...rest } = paginate({
    request: { maxResults: input.maxResults, nextToken: input.nextToken },
    walk: (after) =>
      !isBackfillOver(row.status)
        ? []
        : filter
          ? ctx.store.find(replicationBackfillItems, 'byStatus', `${row.id}/${filter}`, after)
          : ctx.store.find(replicationBackfillItems, 'byBackfill', row.id, after),
    key: (item) => item.key,
    toItem: viewItem,
  });
  return {
    registryId: registry.account,
    ...viewBackfill(ctx.store, row),
    ...(isBackfillOver(row.status) && { results: items }),
    ...rest,
  };
};

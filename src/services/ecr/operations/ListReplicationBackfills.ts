import type { ListReplicationBackfillsCommandInput, ListReplicationBackfillsCommandOutput } from '@aws-sdk/client-ecr';
import { invalidAt } from '#images/api/errors.ts';
import { paginate } from '#images/api/pagination.ts';
import { scopeKey } from '#model/arn.ts';
import { replicationBackfills } from '#store/tables/ecr.ts';
import type { EcrOperation } from '../context.ts';
import { viewBackfill } from '../replication.ts';
import { registryOf } from '../resolve.ts';

const maxPage = 50;
const defaultPage = 25;

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListReplicationBackfills.html */
export const ListReplicationBackfills: EcrOperation<
  ListReplicationBackfillsCommandInput,
  ListReplicationBackfillsCommandOutput
> = (ctx, input) => {
  const registry = registryOf(ctx, input.registryId);
  const { maxResults = defaultPage, nextToken } = input;
  if (maxResults > maxPage) throw invalidAt('maxResults', `must be less than or equal to ${maxPage}`);
  const { items, ...rest } = paginate({
    request: { maxResults, nextToken },
    walk: (after) => ctx.store.find(replicationBackfills, 'byScope', scopeKey(registry), after),
    key: (row) => row.id,
    toItem: (row) => viewBackfill(ctx.store, row),
  });
  return { registryId: registry.account, backfills: items, ...rest };
};

import type { ListTaskDefinitionsCommandInput, ListTaskDefinitionsCommandOutput } from '@aws-sdk/client-ecs';
import { scopeKey, taskDefinitionArn } from '#model/arn.ts';
import type { TaskDefinitionFamilyRow, TaskDefinitionRow } from '#model/rows.ts';
import { taskDefinitionFamilies, taskDefinitions } from '#store/tables/ecs.ts';
import type { EcsContext, EcsOperation } from '../context.ts';
import { invalidParameter } from '../errors.ts';
import { paginate } from '../pagination.ts';

const statuses: readonly string[] = ['ACTIVE', 'INACTIVE', 'DELETE_IN_PROGRESS'];

/** Families in the order asked for, from `from` (inclusive) on; only the one named when one is named. */
function* families(
  ctx: EcsContext,
  only: string | undefined,
  from: string | undefined,
  descending: boolean,
): Generator<TaskDefinitionFamilyRow> {
  const key = (family: string) => `${scopeKey(ctx)}/${family}`;
  if (only !== undefined) {
    const row = ctx.store.get(taskDefinitionFamilies, key(only));
    if (row) yield row;
    return;
  }
  if (descending) {
    const all = [...ctx.store.find(taskDefinitionFamilies, 'byScope', scopeKey(ctx))].reverse();
    for (const row of all) if (from === undefined || row.family <= from) yield row;
    return;
  }
  if (from !== undefined) {
    const row = ctx.store.get(taskDefinitionFamilies, key(from));
    if (row) yield row;
  }
  yield* ctx.store.find(taskDefinitionFamilies, 'byScope', scopeKey(ctx), from === undefined ? undefined : key(from));
}

/** Rows after the place that `after` (`family:revision`) names; revisions count as numbers. */
function* walk(
  ctx: EcsContext,
  only: string | undefined,
  descending: boolean,
  after: string | undefined,
): Generator<TaskDefinitionRow> {
  const [afterFamily, afterRevision] = after === undefined ? [] : [after.split(':')[0], Number(after.split(':')[1])];
  for (const { family, lastRevision } of families(ctx, only, afterFamily, descending)) {
    const resume = family === afterFamily ? afterRevision : undefined;
    const step = descending ? -1 : 1;
    const start = resume === undefined ? (descending ? lastRevision : 1) : resume + step;
    for (let revision = start; revision >= 1 && revision <= lastRevision; revision += step) {
      const row = ctx.store.get(taskDefinitions, taskDefinitionArn(ctx, family, revision));
      if (row) yield row;
    }
  }
}

/**
 * Sorted by family, then by revision as a number. `familyPrefix` is a whole family name, as AWS has it.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTaskDefinitions.html
 */
export const ListTaskDefinitions: EcsOperation<ListTaskDefinitionsCommandInput, ListTaskDefinitionsCommandOutput> = (
  ctx,
  input,
) => {
  const status = input.status ?? 'ACTIVE';
  const sort = input.sort ?? 'ASC';
  if (!statuses.includes(status)) throw invalidParameter(`unknown status should be one of '${statuses.join("','")}'`);
  if (sort !== 'ASC' && sort !== 'DESC') throw invalidParameter("unknown sort should be one of 'ASC','DESC'");
  const page = paginate({
    request: input,
    walk: (after) => walk(ctx, input.familyPrefix, sort === 'DESC', after),
    key: (row) => `${row.family}:${row.revision}`,
    keep: (row) => row.status === status,
    toItem: (row) => row.arn as string,
  });
  return { taskDefinitionArns: page.items, ...(page.nextToken && { nextToken: page.nextToken }) };
};

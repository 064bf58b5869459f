import type {
  ListDaemonTaskDefinitionsCommandInput,
  ListDaemonTaskDefinitionsCommandOutput,
} from '@aws-sdk/client-ecs';
import { daemonTaskDefinitionArn, scopeKey } from '#model/arn.ts';
import type { TaskDefinitionFamilyRow, TaskDefinitionRow } from '#model/rows.ts';
import { daemonTaskDefinitionFamilies, taskDefinitions } from '#store/tables/ecs.ts';
import type { EcsContext, EcsOperation } from '../context.ts';
import { invalidParameter } from '../errors.ts';
import { paginate } from '../pagination.ts';
import { daemonDefinitionStatus, viewDaemonTaskDefinitionSummary } from '../views/daemon-task-definition.ts';

const statuses: readonly string[] = ['ACTIVE', 'DELETE_IN_PROGRESS', 'ALL'];

function* familiesOf(
  ctx: EcsContext,
  input: ListDaemonTaskDefinitionsCommandInput,
): Generator<TaskDefinitionFamilyRow> {
  if (input.family !== undefined) {
    const row = ctx.store.get(daemonTaskDefinitionFamilies, `${scopeKey(ctx)}/${input.family}`);
    if (row) yield row;
    return;
  }
  const all = ctx.store.find(daemonTaskDefinitionFamilies, 'byScope', scopeKey(ctx));
  const kept = [...all].filter((row) => row.family.startsWith(input.familyPrefix ?? ''));
  yield* input.sort === 'DESC' ? kept.reverse() : kept;
}

/** By family, then by revision as a number, after the place that `after` (`family:revision`) names. */
function* walk(
  ctx: EcsContext,
  input: ListDaemonTaskDefinitionsCommandInput,
  after: string | undefined,
): Generator<TaskDefinitionRow> {
  const isDescending = input.sort === 'DESC';
  const [afterFamily, afterRevision] = after === undefined ? [undefined] : after.split(':');
  for (const { family, lastRevision } of familiesOf(ctx, input)) {
    const isDone = afterFamily !== undefined && (isDescending ? family > afterFamily : family < afterFamily);
    if (isDone) continue;
    const resume = family === afterFamily ? Number(afterRevision) : undefined;
    const step = isDescending ? -1 : 1;
    const onlyLast = input.revision === 'LAST_REGISTERED';
    if (onlyLast && resume !== undefined) continue;
    const first = onlyLast ? lastRevision : isDescending ? lastRevision : 1;
    const start = resume === undefined ? first : resume + step;
    for (let revision = start; revision >= 1 && revision <= lastRevision; revision += step) {
      const row = ctx.store.get(taskDefinitions, daemonTaskDefinitionArn(ctx, family, revision));
      if (row) yield row;
      if (onlyLast) break;
    }
  }
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListDaemonTaskDefinitions.html (1 to 100, default 100) */
export const ListDaemonTaskDefinitions: EcsOperation<
  ListDaemonTaskDefinitionsCommandInput,
  ListDaemonTaskDefinitionsCommandOutput
> = (ctx, input) => {
  const { status = 'ACTIVE', sort = 'ASC' } = input;
  if (!statuses.includes(status)) throw invalidParameter(`unknown status should be one of '${statuses.join("','")}'`);
  if (sort !== 'ASC' && sort !== 'DESC') throw invalidParameter("unknown sort should be one of 'ASC','DESC'");
  if (input.revision !== undefined && input.revision !== 'LAST_REGISTERED') {
    throw invalidParameter("unknown revision should be one of 'LAST_REGISTERED'");
  }
  if (input.family !== undefined && input.familyPrefix !== undefined) {
    throw invalidParameter('Only one of family and familyPrefix can be specified.');
  }
  const page = paginate({
    request: input,
    walk: (after) => walk(ctx, input, after),
    key: (row) => `${row.family}:${row.revision}`,
    keep: (row) => status === 'ALL' || daemonDefinitionStatus(row) === status,
    toItem: viewDaemonTaskDefinitionSummary,
  });
  return { daemonTaskDefinitions: page.items, ...(page.nextToken && { nextToken: page.nextToken }) };
};

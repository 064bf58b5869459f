import type {
  ListTaskDefinitionFamiliesCommandInput,
  ListTaskDefinitionFamiliesCommandOutput,
} from '@aws-sdk/client-ecs';
import { scopeKey } from '#model/arn.ts';
import type { TaskDefinitionFamilyRow } from '#model/rows.ts';
import { taskDefinitionFamilies, taskDefinitions } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { invalidParameter } from '../errors.ts';
import { paginate } from '../pagination.ts';
import { newestActive } from '../resolve-task-definition.ts';

const statuses: readonly string[] = ['ACTIVE', 'INACTIVE', 'ALL'];

/**
 * A family is ACTIVE while it has an ACTIVE revision; by default both kinds are listed.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTaskDefinitionFamilies.html
 */
export const ListTaskDefinitionFamilies: EcsOperation<
  ListTaskDefinitionFamiliesCommandInput,
  ListTaskDefinitionFamiliesCommandOutput
> = (ctx, input) => {
  const status = input.status ?? 'ALL';
  if (!statuses.includes(status)) throw invalidParameter(`unknown status should be one of '${statuses.join("','")}'`);
  const keep = ({ family, key }: TaskDefinitionFamilyRow) => {
    if (input.familyPrefix && !family.startsWith(input.familyPrefix)) return false;
    if (ctx.store.count(taskDefinitions, 'byFamily', key) === 0) return false;
    if (status === 'ALL') return true;
    return (newestActive(ctx.store, ctx, family) !== undefined) === (status === 'ACTIVE');
  };
  const page = paginate({
    request: input,
    walk: (after) => ctx.store.find(taskDefinitionFamilies, 'byScope', scopeKey(ctx), after),
    key: (row) => row.key,
    keep,
    toItem: (row) => row.family,
  });
  return { families: page.items, ...(page.nextToken && { nextToken: page.nextToken }) };
};

import type { DescribeTaskDefinitionCommandInput, DescribeTaskDefinitionCommandOutput } from '@aws-sdk/client-ecs';
import type { EcsOperation } from '../context.ts';
import { requireTaskDefinition } from '../resolve-task-definition.ts';
import { viewTaskDefinition } from '../views/task-definition.ts';

/**
 * A family alone names its newest ACTIVE revision.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTaskDefinition.html
 */
export const DescribeTaskDefinition: EcsOperation<
  DescribeTaskDefinitionCommandInput,
  DescribeTaskDefinitionCommandOutput
> = (ctx, input) => {
  const row = requireTaskDefinition(ctx.store, ctx, input.taskDefinition);
  const withTags = input.include?.includes('TAGS') && row.tags.length > 0;
  return { taskDefinition: viewTaskDefinition(row), ...(withTags && { tags: [...row.tags] }) };
};

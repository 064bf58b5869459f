import type {
  DescribeTaskSetsCommandInput,
  DescribeTaskSetsCommandOutput,
  Failure,
  TaskSet,
} from '@aws-sdk/client-ecs';
import type { EcsOperation } from '../context.ts';
import { invalidParameter } from '../errors.ts';
import { findTaskSet, requireExternalService, toTaskSetArn } from '../resolve-task-set.ts';
import { viewTaskSet } from '../views/task-set.ts';

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTaskSets.html */
export const DescribeTaskSets: EcsOperation<DescribeTaskSetsCommandInput, DescribeTaskSetsCommandOutput> = (
  ctx,
  input,
) => {
  for (const field of input.include ?? []) {
    if (field !== 'TAGS') throw invalidParameter(`Invalid include value: ${field}.`);
  }
  const { service } = requireExternalService(ctx, input);
  if (!input.taskSets?.length) throw invalidParameter('TaskSets cannot be empty.');
  const withTags = input.include?.includes('TAGS') ?? false;
  const found: TaskSet[] = [];
  const failures: Failure[] = [];
  for (const name of new Set(input.taskSets)) {
    const row = findTaskSet(ctx.store, service, name);
    if (row) found.push(viewTaskSet(ctx.store, service, row, withTags));
    else failures.push({ arn: toTaskSetArn(service, name), reason: 'MISSING' });
  }
  return { taskSets: found, failures };
};

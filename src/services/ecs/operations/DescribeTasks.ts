import type { DescribeTasksCommandInput, DescribeTasksCommandOutput, Failure, Task } from '@aws-sdk/client-ecs';
import type { EcsOperation } from '../context.ts';
import { invalidParameter } from '../errors.ts';
import { requireCluster } from '../resolve.ts';
import { findTask, toTaskArn } from '../resolve-task.ts';
import { viewTask } from '../views/task.ts';

const maxTasks = 100;

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html (up to 100 tasks) */
export const DescribeTasks: EcsOperation<DescribeTasksCommandInput, DescribeTasksCommandOutput> = (ctx, input) => {
  const cluster = requireCluster(ctx.store, ctx, input.cluster);
  const ids = input.tasks ?? [];
  if (ids.length === 0) throw invalidParameter('Tasks cannot be empty.');
  if (ids.length > maxTasks) throw invalidParameter(`Tasks cannot have more than ${maxTasks} elements.`);
  for (const field of input.include ?? []) {
    if (field !== 'TAGS') throw invalidParameter(`Invalid include value: ${field}.`);
  }
  const include = new Set(input.include);
  const found: Task[] = [];
  const failures: Failure[] = [];
  for (const id of new Set(ids)) {
    const row = findTask(ctx.store, ctx, cluster, id);
    if (row) found.push(viewTask(row, include));
    else failures.push({ arn: toTaskArn(ctx, cluster, id), reason: 'MISSING' });
  }
  return { tasks: found, failures };
};

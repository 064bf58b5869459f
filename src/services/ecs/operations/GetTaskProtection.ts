import type {
  Failure,
  GetTaskProtectionCommandInput,
  GetTaskProtectionCommandOutput,
  ProtectedTask,
} from '@aws-sdk/client-ecs';
import type { EcsOperation } from '../context.ts';
import { requireCluster } from '../resolve.ts';
import { checkTasks, findServiceTask, viewProtection } from '../task-protection.ts';

const maxTasks = 100;

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_GetTaskProtection.html (up to 100 tasks) */
export const GetTaskProtection: EcsOperation<GetTaskProtectionCommandInput, GetTaskProtectionCommandOutput> = (
  ctx,
  input,
) => {
  const cluster = requireCluster(ctx.store, ctx, input.cluster);
  const nowMs = ctx.clock.now();
  const protectedTasks: ProtectedTask[] = [];
  const failures: Failure[] = [];
  for (const arn of checkTasks(ctx, cluster, input.tasks, maxTasks)) {
    const found = findServiceTask(ctx.store, ctx, cluster, arn);
    if ('task' in found) protectedTasks.push(viewProtection(found.task, nowMs));
    else failures.push(found);
  }
  return { protectedTasks, failures };
};

import type {
  Failure,
  ProtectedTask,
  UpdateTaskProtectionCommandInput,
  UpdateTaskProtectionCommandOutput,
} from '@aws-sdk/client-ecs';
import type { TaskRow } from '#model/rows.ts';
import { isProtected } from '#model/task-protection.ts';
import type { Tx } from '#store/store.ts';
import { tasks } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { invalidParameter } from '../errors.ts';
import { requireCluster } from '../resolve.ts';
import { checkTasks, findServiceTask, type ServiceTask, viewProtection } from '../task-protection.ts';
import { isWhole } from '../validate/check.ts';

const maxTasks = 10;
const maxMinutes = 2880;
const defaultMinutes = 120;
const MINUTE_MS = 60_000;

/** Protection of one more task (or of one that is protected already) must leave the service free to be steady. */
function blocks(tx: Tx, { task, service }: ServiceTask, nowMs: number): boolean {
  let others = 0;
  for (const other of tx.find(tasks, 'liveByService', service.arn)) {
    if (other.arn !== task.arn && other.desiredStatus === 'RUNNING' && isProtected(other, nowMs)) others += 1;
  }
  return others + 1 > service.desiredCount;
}

function unprotected({ protectedUntil: _, ...task }: TaskRow): TaskRow {
  return task;
}

/**
 * Every call sets the expiration anew. Protection is refused, DEPLOYMENT_BLOCKED, to more tasks than the service wants.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateTaskProtection.html (up to 10 tasks)
 */
export const UpdateTaskProtection: EcsOperation<UpdateTaskProtectionCommandInput, UpdateTaskProtectionCommandOutput> = (
  ctx,
  input,
) => {
  const cluster = requireCluster(ctx.store, ctx, input.cluster);
  const arns = checkTasks(ctx, cluster, input.tasks, maxTasks);
  const { protectionEnabled, expiresInMinutes } = input;
  if (protectionEnabled === undefined) throw invalidParameter('ProtectionEnabled can not be blank.');
  if (expiresInMinutes !== undefined && !isWhole(expiresInMinutes, 1, maxMinutes)) {
    throw invalidParameter(`expiresInMinutes must be between 1 and ${maxMinutes}.`);
  }
  const nowMs = ctx.clock.now();
  const protectedUntil = nowMs + (expiresInMinutes ?? defaultMinutes) * MINUTE_MS;
  const protectedTasks: ProtectedTask[] = [];
  const failures: Failure[] = [];
  ctx.store.transact((tx) => {
    for (const arn of arns) {
      const found = findServiceTask(tx, ctx, cluster, arn);
      if (!('task' in found)) {
        failures.push(found);
      } else if (protectionEnabled && blocks(tx, found, nowMs)) {
        failures.push({
          arn,
          reason: 'DEPLOYMENT_BLOCKED',
          detail:
            "Task protection can't be set because it would keep the service from reaching a steady state: more of its tasks would be protected than its desired count. Remove the protection of other tasks, wait until it expires, or increase the desired count.",
        });
      } else {
        const row = protectionEnabled ? { ...found.task, protectedUntil } : unprotected(found.task);
        protectedTasks.push(viewProtection(tx.put(tasks, row), nowMs));
      }
    }
  });
  return { protectedTasks, failures };
};

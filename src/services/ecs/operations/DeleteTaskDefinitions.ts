import type {
  DeleteTaskDefinitionsCommandInput,
  DeleteTaskDefinitionsCommandOutput,
  Failure,
  TaskDefinition,
} from '@aws-sdk/client-ecs';
import { ServiceError } from '#protocol/service.ts';
import { taskDefinitions } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { invalidParameter } from '../errors.ts';
import { requireRevision } from '../resolve-task-definition.ts';
import { viewTaskDefinition } from '../views/task-definition.ts';

const maxDefinitions = 10;
const stillActive =
  'The specified task definition is still in ACTIVE status. Please deregister the target and try again.';

/**
 * INACTIVE revisions become DELETE_IN_PROGRESS and vanish once no task and no service refers to them.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteTaskDefinitions.html
 */
export const DeleteTaskDefinitions: EcsOperation<
  DeleteTaskDefinitionsCommandInput,
  DeleteTaskDefinitionsCommandOutput
> = (ctx, input) => {
  const names = input.taskDefinitions ?? [];
  if (names.length === 0) throw invalidParameter('Task definitions can not be empty.');
  if (names.length > maxDefinitions) {
    throw invalidParameter(`Task definitions cannot have more than ${maxDefinitions} elements.`);
  }
  return ctx.store.transact((tx) => {
    const deleted: TaskDefinition[] = [];
    const failures: Failure[] = [];
    for (const name of names) {
      try {
        const row = requireRevision(tx, ctx, name);
        if (row.status === 'ACTIVE') {
          failures.push({ arn: row.arn, reason: stillActive });
          continue;
        }
        const now = ctx.clock.now();
        const marked = tx.put(taskDefinitions, {
          ...row,
          status: 'DELETE_IN_PROGRESS',
          deleteRequestedAt: row.deleteRequestedAt ?? now,
        });
        deleted.push(viewTaskDefinition(marked));
      } catch (error) {
        if (!(error instanceof ServiceError)) throw error;
        failures.push({ arn: name, reason: error.message });
      }
    }
    return { taskDefinitions: deleted, failures };
  });
};

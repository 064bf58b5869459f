import type { Failure, StartTaskCommandInput, StartTaskCommandOutput, Task } from '@aws-sdk/client-ecs';
import { isRefusal, launchOn } from '#launch/launch-tasks.ts';
import type { EcsOperation } from '../context.ts';
import { invalidParameter } from '../errors.ts';
import { checkPlacement, taskTemplate } from '../launch-request.ts';
import { requireCluster } from '../resolve.ts';
import { findContainerInstance, toContainerInstanceArn } from '../resolve-container-instance.ts';
import { viewTask } from '../views/task.ts';

const maxInstances = 10;

/** One task on each of the named instances. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StartTask.html */
export const StartTask: EcsOperation<StartTaskCommandInput, StartTaskCommandOutput> = (ctx, input) => {
  const ids = input.containerInstances ?? [];
  if (ids.length === 0) throw invalidParameter('Container Instances cannot be empty.');
  if (ids.length > maxInstances) {
    throw invalidParameter(`Container Instances cannot have more than ${maxInstances} elements.`);
  }
  const cluster = requireCluster(ctx.store, ctx, input.cluster);
  const template = taskTemplate(ctx.store, ctx, cluster, 'EC2', input);
  const started: Task[] = [];
  const failures: Failure[] = [];
  ctx.store.transact((tx) => {
    for (const id of ids) {
      const arn = toContainerInstanceArn(ctx, cluster, id);
      const instance = findContainerInstance(tx, ctx, cluster, id);
      if (!instance) failures.push({ arn, reason: 'MISSING' });
      else if (instance.status === 'DRAINING') failures.push({ arn, reason: 'DRAINING' });
      else if (instance.status !== 'ACTIVE') failures.push({ arn, reason: 'INACTIVE' });
      else {
        const outcome = checkPlacement(() => launchOn(tx, ctx, template, instance));
        if (isRefusal(outcome)) failures.push({ arn, reason: outcome.reason });
        else started.push(viewTask(outcome, new Set(['TAGS'])));
      }
    }
  });
  return { tasks: started, failures };
};

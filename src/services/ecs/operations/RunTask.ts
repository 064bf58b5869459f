import type { Failure, RunTaskCommandInput, RunTaskCommandOutput } from '@aws-sdk/client-ecs';
import { hasActiveInstance, launchTasks } from '#launch/launch-tasks.ts';
import type { LaunchType, TaskRow } from '#model/rows.ts';
import { parseConstraints, parseStrategies } from '#placement/parse-request.ts';
import { tasks } from '#store/tables/ecs.ts';
import { rememberToken, tokenResult } from '../client-tokens.ts';
import type { EcsContext, EcsOperation } from '../context.ts';
import { conflict, invalidParameter } from '../errors.ts';
import { checkPlacement, notServedYet, parseLaunchType, taskTemplate } from '../launch-request.ts';
import { requireCluster } from '../resolve.ts';
import { viewTask } from '../views/task.ts';

const maxCount = 10;
const tokenPattern = /^[\x21-\x7e]{1,64}$/;

function checkInput(input: RunTaskCommandInput): { count: number; launchType: LaunchType } {
  const count = input.count ?? 1;
  if (!Number.isInteger(count) || count < 1 || count > maxCount) {
    throw invalidParameter(`count must be between 1 and ${maxCount}.`);
  }
  if (input.capacityProviderStrategy?.length) {
    if (input.launchType) {
      throw invalidParameter(
        'Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.',
      );
    }
    throw notServedYet('capacityProviderStrategy');
  }
  const launchType = parseLaunchType(input.launchType);
  if (input.platformVersion && launchType !== 'FARGATE') {
    throw invalidParameter(`The platform version must be null when specifying an ${launchType} launch type.`);
  }
  if (input.clientToken !== undefined && !tokenPattern.test(input.clientToken)) {
    throw invalidParameter('clientToken can have up to 64 ASCII characters in the range of 33 to 126.');
  }
  return { count, launchType };
}

/** What an earlier call with the same token made: rows of the tasks that are still kept. */
function earlierTasks(ctx: EcsContext, input: RunTaskCommandInput): TaskRow[] | undefined {
  if (input.clientToken === undefined) return undefined;
  const arns = tokenResult(ctx.store, ctx, 'RunTask', input.clientToken, input, (resourceArns) =>
    conflict('The provided clientToken is already in use with a different RunTask request.', resourceArns),
  );
  return arns?.flatMap((arn) => ctx.store.get(tasks, arn) ?? []);
}

/** Up to ten tasks, placed by ECS. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html */
export const RunTask: EcsOperation<RunTaskCommandInput, RunTaskCommandOutput> = (ctx, input) => {
  const { count, launchType } = checkInput(input);
  const cluster = requireCluster(ctx.store, ctx, input.cluster);
  const earlier = earlierTasks(ctx, input);
  if (earlier) return { tasks: earlier.map((task) => viewTask(task, new Set(['TAGS']))), failures: [] };
  if (!input.launchType && cluster.defaultCapacityProviderStrategy.length > 0) {
    throw notServedYet("The cluster's default capacity provider strategy");
  }
  const template = taskTemplate(ctx.store, ctx, cluster, launchType, input);
  const constraints = checkPlacement(() => parseConstraints(input.placementConstraints ?? []));
  const strategies = checkPlacement(() => parseStrategies(input.placementStrategy ?? []));
  if (!hasActiveInstance(ctx.store, cluster.arn)) {
    throw invalidParameter('No Container Instances were found in your cluster.');
  }
  const result = ctx.store.transact((tx) => {
    const launched = checkPlacement(() =>
      launchTasks(tx, ctx, {
        ...template,
        count,
        constraints,
        strategies,
      }),
    );
    if (input.clientToken !== undefined && launched.tasks.length > 0) {
      const resourceArns = launched.tasks.map((task) => task.arn);
      rememberToken(tx, ctx, {
        operation: 'RunTask',
        token: input.clientToken,
        request: input,
        resourceArns,
        nowMs: ctx.clock.now(),
      });
    }
    return launched;
  });
  const failures: Failure[] = result.refusals.map(({ containerInstanceArn, reason }) => ({
    arn: containerInstanceArn,
    reason,
  }));
  return { tasks: result.tasks.map((task) => viewTask(task, new Set(['TAGS']))), failures };
};

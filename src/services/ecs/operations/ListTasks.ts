import type { ListTasksCommandInput, ListTasksCommandOutput } from '@aws-sdk/client-ecs';
import { familyOf } from '#model/arn.ts';
import type { ClusterRow, TaskRow } from '#model/rows.ts';
import { tasks } from '#store/tables/ecs.ts';
import type { EcsContext, EcsOperation } from '../context.ts';
import { invalidParameter, serviceNotFound } from '../errors.ts';
import { paginate } from '../pagination.ts';
import { requireCluster } from '../resolve.ts';
import { findContainerInstance } from '../resolve-container-instance.ts';
import { findService } from '../resolve-service.ts';

interface Walk {
  readonly rows: (after: string | undefined) => Iterable<TaskRow>;
  /** Filters that the walked index does not serve. */
  readonly keep: (row: TaskRow) => boolean;
}

function serviceArnOf(ctx: EcsContext, cluster: ClusterRow, input: ListTasksCommandInput): string | undefined {
  if (input.serviceName === undefined) return undefined;
  const row = findService(ctx.store, ctx, cluster, input.serviceName);
  if (!row) throw serviceNotFound();
  return row.arn;
}

function instanceArnOf(ctx: EcsContext, cluster: ClusterRow, input: ListTasksCommandInput): string | undefined {
  if (input.containerInstance === undefined) return undefined;
  const row = findContainerInstance(ctx.store, ctx, cluster, input.containerInstance);
  if (!row) throw invalidParameter('The specified container instance was not found.');
  return row.arn;
}

/** The narrowest index that the filters allow, and the rest of them as a test. */
function chooseWalk(ctx: EcsContext, cluster: ClusterRow, input: ListTasksCommandInput): Walk {
  const { store } = ctx;
  const { family, startedBy, launchType } = input;
  const desired = input.desiredStatus ?? 'RUNNING';
  const serviceArn = serviceArnOf(ctx, cluster, input);
  const instanceArn = instanceArnOf(ctx, cluster, input);
  const keep = (row: TaskRow) =>
    row.clusterArn === cluster.arn &&
    row.desiredStatus === desired &&
    (serviceArn === undefined || row.serviceArn === serviceArn) &&
    (instanceArn === undefined || row.containerInstanceArn === instanceArn) &&
    (family === undefined || familyOf(row.taskDefinitionArn) === family) &&
    (startedBy === undefined || row.startedBy === startedBy) &&
    (launchType === undefined || row.launchType === launchType);
  const rows: Walk['rows'] = (after) => {
    // A task that is wanted RUNNING has not stopped, so the indexes of live tasks hold them all.
    if (startedBy !== undefined) return store.find(tasks, 'byStartedBy', `${cluster.arn}#${startedBy}`, after);
    if (serviceArn !== undefined) {
      return store.find(tasks, desired === 'RUNNING' ? 'liveByService' : 'byService', serviceArn, after);
    }
    if (instanceArn !== undefined) {
      const index = desired === 'RUNNING' ? 'liveByContainerInstance' : 'byContainerInstance';
      return store.find(tasks, index, instanceArn, after);
    }
    if (family !== undefined) {
      return store.find(tasks, 'byFamilyAndDesiredStatus', `${cluster.arn}#${family}#${desired}`, after);
    }
    return store.find(tasks, 'byDesiredStatus', `${cluster.arn}#${desired}`, after);
  };
  return { rows, keep };
}

/**
 * Only RUNNING and STOPPED are ever desired; PENDING is a legal filter that matches nothing.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTasks.html
 */
export const ListTasks: EcsOperation<ListTasksCommandInput, ListTasksCommandOutput> = (ctx, input) => {
  const cluster = requireCluster(ctx.store, ctx, input.cluster);
  if (!['RUNNING', 'STOPPED', 'PENDING'].includes(input.desiredStatus ?? 'RUNNING')) {
    throw invalidParameter(`Invalid desired status: ${input.desiredStatus}.`);
  }
  if (input.startedBy !== undefined && (input.family || input.serviceName || input.containerInstance)) {
    throw invalidParameter('startedBy must be the only filter.');
  }
  if (input.serviceName !== undefined && input.family !== undefined) {
    throw invalidParameter('Only one of family and serviceName can be specified.');
  }
  if (input.daemonName !== undefined) throw invalidParameter('daemonName is not supported here.');
  const { rows, keep } = chooseWalk(ctx, cluster, input);
  const page = paginate({
    request: input,
    walk: rows,
    key: (row: TaskRow) => row.arn,
    keep,
    toItem: (row) => row.arn as string,
  });
  return { taskArns: page.items, ...(page.nextToken && { nextToken: page.nextToken }) };
};

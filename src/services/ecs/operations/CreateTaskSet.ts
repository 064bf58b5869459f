import type { CreateTaskSetCommandInput, CreateTaskSetCommandOutput } from '@aws-sdk/client-ecs';
import { decimalId } from '#lib/ids.ts';
import { taskSetArn } from '#model/arn.ts';
import type { ClusterRow, ServiceRow } from '#model/rows.ts';
import type { TaskSetRow } from '#model/task-set.ts';
import { taskSets } from '#store/tables/ecs.ts';
import { rememberToken, tokenResult } from '../client-tokens.ts';
import type { EcsContext, EcsOperation } from '../context.ts';
import { invalidParameter } from '../errors.ts';
import { launchTypeFor, notServedYet, requireLaunchable } from '../launch-request.ts';
import { checkScale, requireExternalService } from '../resolve-task-set.ts';
import { newTags } from '../tags.ts';
import { viewTaskSet } from '../views/task-set.ts';

const maxTaskSets = 5;
const maxTokenLength = 36;

/** Members that need a part of AWS which is not served yet. */
function refuseUnsupported(input: CreateTaskSetCommandInput): void {
  if (input.loadBalancers?.length) throw notServedYet('loadBalancers');
  if (input.serviceRegistries?.length) throw notServedYet('serviceRegistries');
  if (input.capacityProviderStrategy?.length) throw notServedYet('capacityProviderStrategy');
  if (input.networkConfiguration?.awsvpcConfiguration) {
    throw invalidParameter('Network Configuration is not valid for the given networkMode of this task definition.');
  }
  if (input.platformVersion) {
    throw invalidParameter('The platform version must be null when specifying an EC2 launch type.');
  }
  if (input.clientToken !== undefined && input.clientToken.length > maxTokenLength) {
    throw invalidParameter(`clientToken can have up to ${maxTokenLength} characters.`);
  }
}

function newTaskSet(
  ctx: EcsContext,
  cluster: ClusterRow,
  service: ServiceRow,
  input: CreateTaskSetCommandInput,
): TaskSetRow {
  const nowMs = ctx.clock.now();
  const launchType = launchTypeFor(cluster, input.launchType);
  const definition = requireLaunchable(ctx.store, ctx, input.taskDefinition, launchType);
  const id = `ecs-svc/${decimalId(ctx.random)}`;
  return {
    account: service.account,
    region: service.region,
    arn: taskSetArn(service, cluster.name, service.name, id),
    id,
    serviceArn: service.arn,
    clusterArn: service.clusterArn,
    status: 'ACTIVE',
    taskDefinitionArn: definition.arn,
    launchType,
    ...(input.externalId !== undefined && { externalId: input.externalId }),
    scalePercent: checkScale(input.scale),
    stabilityStatus: 'STABILIZING',
    stabilityStatusAt: nowMs,
    tally: { failedTasks: 0, failuresInARow: 0 },
    createdAt: nowMs,
    updatedAt: nowMs,
    tags: newTags(input.tags),
  };
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateTaskSet.html */
export const CreateTaskSet: EcsOperation<CreateTaskSetCommandInput, CreateTaskSetCommandOutput> = (ctx, input) => {
  refuseUnsupported(input);
  const { cluster, service } = requireExternalService(ctx, input);
  const token = input.clientToken;
  if (token !== undefined) {
    const refusal = () => invalidParameter('Creation of task set was not idempotent.');
    const [arn] = tokenResult(ctx.store, ctx, 'CreateTaskSet', token, input, refusal) ?? [];
    const made = arn === undefined ? undefined : ctx.store.get(taskSets, arn);
    if (made) return { taskSet: viewTaskSet(ctx.store, service, made, true) };
  }
  const made = newTaskSet(ctx, cluster, service, input);
  ctx.store.transact((tx) => {
    const count = tx.count(taskSets, 'byService', service.arn);
    if (count >= maxTaskSets) {
      throw invalidParameter(
        `${count} deployments exist on the service. Unable to create new TaskSet since this exceeds the maximum limit.`,
      );
    }
    tx.insert(taskSets, made);
    if (token === undefined) return;
    const resourceArns = [made.arn];
    rememberToken(tx, ctx, { operation: 'CreateTaskSet', token, request: input, resourceArns, nowMs: made.createdAt });
  });
  return { taskSet: viewTaskSet(ctx.store, service, made, true) };
};

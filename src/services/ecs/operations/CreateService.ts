import type { CreateServiceCommandInput, CreateServiceCommandOutput } from '@aws-sdk/client-ecs';
import { ensureServiceLinkedRole } from '#auth/service-linked-roles.ts';
import { decimalId } from '#lib/ids.ts';
import { serviceArn } from '#model/arn.ts';
import { newDeployment } from '#model/deployment.ts';
import type { ClusterRow, ServiceRow, TaskDefinitionRow } from '#model/rows.ts';
import type { Tx } from '#store/store.ts';
import { serviceEvents, services, tasks } from '#store/tables/ecs.ts';
import { rememberToken, tokenResult } from '../client-tokens.ts';
import type { EcsContext, EcsOperation } from '../context.ts';
import { invalidParameter } from '../errors.ts';
import { launchTypeFor, notServedYet, requireLaunchable } from '../launch-request.ts';
import { enforceQuota } from '../quotas.ts';
import { requireCluster } from '../resolve.ts';
import { beginServiceDeployment, forgetServiceDeployments } from '../service-deployments.ts';
import { newTags } from '../tags.ts';
import { withRebalancing } from '../validate/rebalancing.ts';
import { checkSchedulerMembers, daemonDefaults, isExternallyDeployed } from '../validate/schedulers.ts';
import {
  checkConstraints,
  checkDeploymentConfiguration,
  checkDesiredCount,
  checkStrategies,
  refuseUnsupported,
} from '../validate/service.ts';
import { viewService } from '../views/service.ts';

const namePattern = /^[a-zA-Z0-9_-]{1,255}$/;
const maxTokenLength = 36;

function checkInput(input: CreateServiceCommandInput): void {
  if (!input.serviceName) throw invalidParameter('ServiceName can not be blank.');
  if (!namePattern.test(input.serviceName)) throw invalidParameter('Invalid service name.');
  if (input.clientToken !== undefined && input.clientToken.length > maxTokenLength) {
    throw invalidParameter(`clientToken can have up to ${maxTokenLength} characters.`);
  }
  if (input.launchType && input.capacityProviderStrategy?.length) {
    throw invalidParameter(
      'Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.',
    );
  }
  if (input.role) throw notServedYet('role');
  if (input.propagateTags !== undefined && !['TASK_DEFINITION', 'SERVICE', 'NONE'].includes(input.propagateTags)) {
    throw invalidParameter(`Invalid propagateTags: ${input.propagateTags}.`);
  }
  checkSchedulerMembers(input);
  refuseUnsupported(input);
}

function newService(
  ctx: EcsContext,
  cluster: ClusterRow,
  definition: TaskDefinitionRow | undefined,
  input: CreateServiceCommandInput,
): ServiceRow {
  const nowMs = ctx.clock.now();
  const schedulingStrategy = input.schedulingStrategy ?? 'REPLICA';
  const desiredCount = checkDesiredCount(input.desiredCount ?? 0, 'DesiredCount');
  const deployed = definition && {
    taskDefinitionArn: definition.arn,
    launchType: launchTypeFor(cluster, input.launchType),
  };
  return {
    account: cluster.account,
    region: cluster.region,
    arn: serviceArn(cluster, cluster.name, input.serviceName!),
    clusterArn: cluster.arn,
    name: input.serviceName!,
    status: 'ACTIVE',
    schedulingStrategy,
    deploymentController: { type: input.deploymentController?.type ?? 'ECS' },
    desiredCount,
    ...deployed,
    loadBalancers: [],
    serviceRegistries: [],
    deploymentConfiguration: checkDeploymentConfiguration(
      input.deploymentConfiguration,
      schedulingStrategy === 'DAEMON' ? daemonDefaults : undefined,
    ),
    deployments: deployed
      ? [newDeployment(`ecs-svc/${decimalId(ctx.random)}`, { ...deployed, desiredCount }, nowMs)]
      : [],
    placementConstraints: checkConstraints(input.placementConstraints ?? []),
    placementStrategy: checkStrategies(input.placementStrategy ?? []),
    enableECSManagedTags: input.enableECSManagedTags ?? false,
    propagateTags: input.propagateTags ?? 'NONE',
    enableExecuteCommand: false,
    availabilityZoneRebalancing: 'DISABLED',
    createdAt: nowMs,
    createdBy: ctx.principal.arn,
    tags: newTags(input.tags),
  };
}

/** A name is free again once its service is INACTIVE; the old one's events and stopped tasks do not pass on. */
function makeRoom(tx: Tx, existing: ServiceRow | undefined): void {
  if (!existing) return;
  if (existing.status === 'ACTIVE') throw invalidParameter('Creation of service was not idempotent.');
  if (existing.status === 'DRAINING') throw invalidParameter('Unable to Start a service that is still Draining.');
  for (const event of [...tx.find(serviceEvents, 'byService', existing.arn)]) tx.delete(serviceEvents, event.key);
  forgetServiceDeployments(tx, existing.arn);
  for (const task of [...tx.find(tasks, 'unsettledByService', existing.arn)]) {
    tx.update(tasks, task.arn, (row) => ({ ...row, settled: true as const }));
  }
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html */
export const CreateService: EcsOperation<CreateServiceCommandInput, CreateServiceCommandOutput> = (ctx, input) => {
  checkInput(input);
  const cluster = requireCluster(ctx.store, ctx, input.cluster);
  const token = input.clientToken;
  if (token !== undefined) {
    const refusal = () => invalidParameter('Creation of service was not idempotent.');
    const [arn] = tokenResult(ctx.store, ctx, 'CreateService', token, input, refusal) ?? [];
    const made = arn === undefined ? undefined : ctx.store.get(services, arn);
    if (made && made.status !== 'INACTIVE') return { service: viewService(ctx.store, made, new Set(['TAGS'])) };
  }
  const definition = isExternallyDeployed(input)
    ? undefined
    : requireLaunchable(ctx.store, ctx, input.taskDefinition, launchTypeFor(cluster, input.launchType));
  const created = withRebalancing(newService(ctx, cluster, definition, input), input.availabilityZoneRebalancing, true);
  const service = ctx.store.transact((tx) => {
    ensureServiceLinkedRole(tx, ctx, ctx.account, 'ecs.amazonaws.com');
    makeRoom(tx, tx.get(services, created.arn));
    enforceQuota(ctx, 'services-per-cluster', tx.sum(services, 'byCluster', cluster.arn)['active']! + 1);
    enforceQuota(ctx, 'tasks-per-service', created.desiredCount);
    const row = tx.put(
      services,
      definition ? beginServiceDeployment(tx, ctx, undefined, created, definition) : created,
    );
    if (token === undefined) return row;
    rememberToken(tx, ctx, {
      operation: 'CreateService',
      token,
      request: input,
      resourceArns: [row.arn],
      nowMs: row.createdAt,
    });
    return row;
  });
  return { service: viewService(ctx.store, service, new Set(['TAGS'])) };
};

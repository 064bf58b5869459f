/**
 * What each operation needs, with the resources and condition keys of AWS's service authorization reference (the table
 * is `policy/actions/ecs.ts`). A call on several resources needs the permission on each of them.
 */
import type { Permission, Permissions } from '#protocol/authorize.ts';
import type { EcsContext } from '../context.ts';
import { daemonPermissions } from './daemons.ts';
import { definitionKeys, launchKeys, serviceKeys } from './keys.ts';
import { passRolesOfService, passServiceRoles, passTaskRoles } from './pass-role.ts';
import {
  definitionOf,
  type KindInCluster,
  resourceTagsOf,
  tagsOf,
  toCapacityProvider,
  toCluster,
  toInCluster,
  toTaskDefinition,
  toTaskSet,
} from './resources.ts';

// biome-ignore lint/suspicious/noExplicitAny: inputs as clients send them, before they are checked
type Input = any;
type Needs = Permissions<Input, EcsContext>;
type Keys = Permission['keys'];

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const actionOf = (ctx: EcsContext) => `ecs:${ctx.operation}`;

/** The operation's own action on a resource that may exist, with its tags. */
const on = (ctx: EcsContext, resource: string, keys: Keys = {}, requestTags?: Record<string, string>): Permission => ({
  action: actionOf(ctx),
  resource,
  resourceTags: resource === '*' ? undefined : resourceTagsOf(ctx.store, resource),
  requestTags,
  keys,
});

/** Tags that a request gives to what it makes need a permission of their own. */
function tagging(ctx: EcsContext, resource: string, tags: unknown): Permission[] {
  const requestTags = tagsOf(tags);
  if (!requestTags) return [];
  return [{ action: 'ecs:TagResource', resource, requestTags, keys: { 'ecs:CreateAction': ctx.operation } }];
}

const anything: Needs = (ctx) => on(ctx, '*');
const onCluster: Needs = (ctx, input) => on(ctx, toCluster(ctx, input.cluster));

/** On one resource of a cluster, named by a member of the input. */
const onOne =
  (kind: KindInCluster, member: string): Needs =>
  (ctx, input) =>
    on(ctx, toInCluster(ctx, kind, input.cluster, input[member]), { 'ecs:cluster': toCluster(ctx, input.cluster) });

/** On each of a list; on any when the list is empty, so that the handler answers what is wrong only to who may ask. */
const onEach =
  (kind: KindInCluster, member: string): Needs =>
  (ctx, input) => {
    const cluster = toCluster(ctx, input.cluster);
    const given = list(input[member]);
    return (given.length > 0 ? given : ['*']).map((one) =>
      on(ctx, toInCluster(ctx, kind, cluster, one), { 'ecs:cluster': cluster }),
    );
  };

const onTaskSets: Needs = (ctx, input) => {
  const cluster = toCluster(ctx, input.cluster);
  const keys = { 'ecs:cluster': cluster, 'ecs:service': toInCluster(ctx, 'service', cluster, input.service) };
  const given = input.taskSet !== undefined ? [input.taskSet] : list(input.taskSets);
  return (given.length > 0 ? given : ['*']).map((one) => on(ctx, toTaskSet(ctx, cluster, input.service, one), keys));
};

const onAttributeTargets: Needs = (ctx, input) => {
  const cluster = toCluster(ctx, input.cluster);
  const targets = new Set(list(input.attributes).map((one) => (one as Input)?.targetId));
  return [...targets].map((id) =>
    on(ctx, toInCluster(ctx, 'container-instance', cluster, id), { 'ecs:cluster': cluster }),
  );
};

/** A deployment or revision, and the service that it is of. */
const onServiceAnd =
  (member: string): Needs =>
  (ctx, input) => {
    const given = Array.isArray(input[member]) ? input[member] : [input[member]];
    return given.map(String).flatMap((arn: string) => {
      const service = arn.replace(/:service-(deployment|revision)\//, ':service/').replace(/\/[^/]*$/, '');
      const keys = { 'ecs:service': service };
      return [on(ctx, arn, keys), on(ctx, service, keys)];
    });
  };

const onSetting: Needs = (ctx, input) => on(ctx, '*', { 'ecs:account-setting': input.name });

const runTask: Needs = (ctx, input) => {
  const cluster = toCluster(ctx, input.cluster);
  const definition = definitionOf(ctx.store, ctx, input.taskDefinition);
  const keys = {
    ...launchKeys(input, definition),
    'ecs:cluster': cluster,
    'ecs:container-instances': input.containerInstances && list(input.containerInstances).map(String),
  };
  return [
    on(ctx, toTaskDefinition(ctx, definition, input.taskDefinition), keys, tagsOf(input.tags)),
    ...tagging(ctx, toInCluster(ctx, 'task', cluster, '*'), input.tags),
    ...passTaskRoles(ctx, definition, input.overrides),
    ...passServiceRoles(ctx, input),
  ];
};

const service =
  (member: string): Needs =>
  (ctx, input) => {
    const cluster = toCluster(ctx, input.cluster);
    const resource = toInCluster(ctx, 'service', cluster, input[member]);
    const definition = definitionOf(ctx.store, ctx, input.taskDefinition);
    const keys = { ...serviceKeys(input, definition), 'ecs:cluster': cluster };
    return [
      on(ctx, resource, keys, tagsOf(input.tags)),
      ...tagging(ctx, resource, input.tags),
      ...passRolesOfService(ctx, definition, input),
    ];
  };

const createTaskSet: Needs = (ctx, input) => {
  const cluster = toCluster(ctx, input.cluster);
  const definition = definitionOf(ctx.store, ctx, input.taskDefinition);
  const resource = toTaskSet(ctx, cluster, input.service, undefined);
  const { 'ecs:capacity-provider': providers } = launchKeys(input, definition);
  const keys = {
    'ecs:capacity-provider': providers,
    'ecs:cluster': cluster,
    'ecs:service': toInCluster(ctx, 'service', cluster, input.service),
    'ecs:task-definition': definition?.arn,
  };
  return [
    on(ctx, resource, keys, tagsOf(input.tags)),
    ...tagging(ctx, resource, input.tags),
    ...passTaskRoles(ctx, definition),
  ];
};

const registerTaskDefinition: Needs = (ctx, input) => {
  const resource = toTaskDefinition(ctx, undefined, String(input.family ?? '').split(':', 1)[0]);
  return [
    on(ctx, resource, definitionKeys(input), tagsOf(input.tags)),
    ...tagging(ctx, resource, input.tags),
    ...passTaskRoles(ctx, input),
  ];
};

/** On what it makes or changes, with tags. */
const tagged =
  (
    resourceOf: (ctx: EcsContext, input: Input) => string,
    keysOf: (ctx: EcsContext, input: Input) => Keys = () => ({}),
  ): Needs =>
  (ctx, input) => {
    const resource = resourceOf(ctx, input);
    return [on(ctx, resource, keysOf(ctx, input), tagsOf(input.tags)), ...tagging(ctx, resource, input.tags)];
  };

const clusterKeys = (_: EcsContext, input: Input): Keys => ({
  'ecs:capacity-provider': input.capacityProviders && list(input.capacityProviders).map(String),
  'ecs:fargate-ephemeral-storage-kms-key':
    input.configuration?.managedStorageConfiguration?.fargateEphemeralStorageKmsKeyId,
});

export const permissions: Readonly<Record<string, Needs>> = {
  ...daemonPermissions({ on, tagging }),
  CreateCapacityProvider: tagged((ctx, input) => toCapacityProvider(ctx, input.name)),
  CreateCluster: tagged((ctx, input) => toCluster(ctx, input.clusterName), clusterKeys),
  CreateService: service('serviceName'),
  CreateTaskSet: createTaskSet,
  DeleteAccountSetting: onSetting,
  DeleteAttributes: onAttributeTargets,
  DeleteCapacityProvider: (ctx, input) => on(ctx, toCapacityProvider(ctx, input.capacityProvider)),
  DeleteCluster: onCluster,
  DeleteService: onOne('service', 'service'),
  DeleteTaskDefinitions: (ctx, input) =>
    list(input.taskDefinitions).map((one) => on(ctx, toTaskDefinition(ctx, definitionOf(ctx.store, ctx, one), one))),
  DeleteTaskSet: onTaskSets,
  DeregisterContainerInstance: onCluster,
  DeregisterTaskDefinition: anything,
  DescribeCapacityProviders: (ctx, input) => {
    const given = list(input.capacityProviders);
    return (given.length > 0 ? given : ['*']).map((one) => on(ctx, toCapacityProvider(ctx, one)));
  },
  DescribeClusters: (ctx, input) => {
    const given = list(input.clusters);
    return (given.length > 0 ? given : ['default']).map((one) => on(ctx, toCluster(ctx, one)));
  },
  DescribeContainerInstances: onEach('container-instance', 'containerInstances'),
  DescribeServiceDeployments: onServiceAnd('serviceDeploymentArns'),
  DescribeServiceRevisions: onServiceAnd('serviceRevisionArns'),
  DescribeServices: onEach('service', 'services'),
  DescribeTaskDefinition: anything,
  DescribeTaskSets: onTaskSets,
  DescribeTasks: onEach('task', 'tasks'),
  DiscoverPollEndpoint: anything,
  GetTaskProtection: onEach('task', 'tasks'),
  ListAccountSettings: anything,
  ListAttributes: onCluster,
  ListClusters: anything,
  ListContainerInstances: onCluster,
  ListServiceDeployments: onOne('service', 'service'),
  ListServices: (ctx, input) => on(ctx, '*', { 'ecs:cluster': toCluster(ctx, input.cluster) }),
  ListServicesByNamespace: (ctx, input) => on(ctx, '*', { 'ecs:namespace': input.namespace }),
  ListTagsForResource: (ctx, input) => on(ctx, String(input.resourceArn)),
  ListTaskDefinitionFamilies: anything,
  ListTaskDefinitions: anything,
  ListTasks: onOne('container-instance', 'containerInstance'),
  PutAccountSetting: onSetting,
  PutAccountSettingDefault: onSetting,
  PutAttributes: onAttributeTargets,
  PutClusterCapacityProviders: (ctx, input) => on(ctx, toCluster(ctx, input.cluster), clusterKeys(ctx, input)),
  RegisterContainerInstance: tagged((ctx, input) => toCluster(ctx, input.cluster)),
  RegisterTaskDefinition: registerTaskDefinition,
  RunTask: runTask,
  StartTask: runTask,
  StopServiceDeployment: onServiceAnd('serviceDeploymentArn'),
  StopTask: onOne('task', 'task'),
  SubmitAttachmentStateChanges: onCluster,
  SubmitContainerStateChange: onCluster,
  SubmitTaskStateChange: onCluster,
  TagResource: (ctx, input) => on(ctx, String(input.resourceArn), {}, tagsOf(input.tags) ?? {}),
  UntagResource: (ctx, input) => on(ctx, String(input.resourceArn), { 'aws:TagKeys': list(input.tagKeys).map(String) }),
  UpdateCapacityProvider: (ctx, input) => on(ctx, toCapacityProvider(ctx, input.name)),
  UpdateCluster: (ctx, input) => on(ctx, toCluster(ctx, input.cluster), clusterKeys(ctx, input)),
  UpdateClusterSettings: onCluster,
  UpdateContainerAgent: onOne('container-instance', 'containerInstance'),
  UpdateContainerInstancesState: onEach('container-instance', 'containerInstances'),
  UpdateService: service('service'),
  UpdateServicePrimaryTaskSet: onOne('service', 'service'),
  UpdateTaskProtection: onEach('task', 'tasks'),
  UpdateTaskSet: onTaskSets,
};

/**
 * What AWS limits in an account, as data: quotas on how much there is, and token buckets on how often the API is called.
 * Here both are off unless `slipway up --quotas` says otherwise: they protect AWS and nobody else. Limits that are part of
 * the API's contract always hold and stand where they are checked; docs/quotas.md names them all.
 * https://docs.aws.amazon.com/general/latest/gr/ecs-service.html
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html
 */
import { enforce, type Quota } from '#protocol/quotas.ts';
import type { ThrottleBucket } from '#protocol/throttle.ts';
import type { EcsContext } from './context.ts';
import { clientException, invalidParameter, limitExceeded } from './errors.ts';

const quota = (title: string, limit: number, error: (message: string) => Error, what: string): Quota => ({
  title,
  limit,
  refuse: (current) => error(`The maximum number of ${what} (${current}) has been reached.`),
});

export const ecsQuotas = {
  'clusters-per-region': quota('Clusters per account', 10_000, clientException, 'clusters in this Region'),
  'services-per-cluster': quota('Services per cluster', 5_000, invalidParameter, 'services in the cluster'),
  'tasks-per-service': quota('Tasks per service', 5_000, invalidParameter, 'tasks of a service'),
  'container-instances-per-cluster': quota(
    'Container instances per cluster',
    5_000,
    clientException,
    'container instances in the cluster',
  ),
  'revisions-per-family': quota(
    'Revisions per task definition family',
    1_000_000,
    limitExceeded,
    'revisions of the task definition family',
  ),
} as const satisfies Readonly<Record<string, Quota>>;

export type EcsQuota = keyof typeof ecsQuotas;

export const enforceQuota = ({ deps }: Pick<EcsContext, 'deps'>, name: EcsQuota, count: number): void =>
  enforce(ecsQuotas, deps.limits, name, count);

const bucket = (name: string, burst: number, perSecond: number, operations: readonly string[]): ThrottleBucket => ({
  name,
  burst,
  perSecond,
  operations,
});

export const ecsThrottles: readonly ThrottleBucket[] = [
  bucket('cluster-modify', 20, 1, [
    'CreateCluster',
    'DeleteCluster',
    'PutClusterCapacityProviders',
    'UpdateCluster',
    'UpdateClusterSettings',
  ]),
  bucket('cluster-read', 50, 20, ['DescribeClusters', 'ListClusters']),
  bucket('task-definition-modify', 20, 1, ['DeregisterTaskDefinition', 'RegisterTaskDefinition']),
  bucket('task-definition-read', 50, 20, [
    'DescribeTaskDefinition',
    'ListTaskDefinitions',
    'ListTaskDefinitionFamilies',
  ]),
  bucket('task-definition-deletion', 5, 1, ['DeleteTaskDefinitions']),
  bucket('capacity-provider-modify', 10, 1, [
    'CreateCapacityProvider',
    'DeleteCapacityProvider',
    'UpdateCapacityProvider',
  ]),
  bucket('capacity-provider-read', 50, 20, ['DescribeCapacityProviders']),
  bucket('tag-modify', 20, 10, ['TagResource', 'UntagResource']),
  bucket('tag-read', 50, 20, ['ListTagsForResource']),
  bucket('setting-modify', 10, 1, ['DeleteAccountSetting', 'PutAccountSetting', 'PutAccountSettingDefault']),
  bucket('setting-read', 50, 20, ['ListAccountSettings']),
  bucket('cluster-resource-modify', 100, 40, [
    'DeleteAttributes',
    'DeregisterContainerInstance',
    'ExecuteCommand',
    'PutAttributes',
    'RunTask',
    'StartTask',
    'StopTask',
    'UpdateContainerAgent',
    'UpdateContainerInstancesState',
  ]),
  bucket('cluster-resource-read', 100, 20, [
    'DescribeContainerInstances',
    'DescribeTasks',
    'ListAttributes',
    'ListContainerInstances',
    'ListTasks',
  ]),
  bucket('agent-modify', 200, 120, [
    'RegisterContainerInstance',
    'SubmitAttachmentStateChanges',
    'SubmitContainerStateChange',
    'SubmitTaskStateChange',
  ]),
  bucket('service-modify', 50, 5, ['CreateService', 'DeleteService', 'UpdateService']),
  bucket('service-read', 100, 20, ['DescribeServices', 'ListServices']),
  bucket('service-deployment', 50, 20, ['DescribeServiceDeployments', 'ListServiceDeployments']),
  bucket('service-revision', 50, 20, ['DescribeServiceRevisions']),
  bucket('task-protection', 200, 80, ['UpdateTaskProtection', 'GetTaskProtection']),
  bucket('cluster-service-resource-read', 10, 1, ['ListServicesByNamespace']),
];

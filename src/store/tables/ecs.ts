/** Tables of ECS. */
import { familyOf, scopeKey } from '#model/arn.ts';
import type { CapacityProviderRow } from '#model/capacity-provider.ts';
import type { DaemonDeploymentRow, DaemonRevisionRow, DaemonRow } from '#model/daemon.ts';
import type {
  AccountSettingRow,
  ClientTokenRow,
  ClusterRow,
  ContainerInstanceRow,
  ServiceEventRow,
  ServiceRow,
  TaskDefinitionFamilyRow,
  TaskDefinitionRow,
  TaskRow,
} from '#model/rows.ts';
import type { ServiceDeploymentRow, ServiceRevisionRow } from '#model/service-deployment.ts';
import { isServing } from '#model/task-serving.ts';
import type { TaskSetRow } from '#model/task-set.ts';
import { isStarting } from '#model/task-status.ts';
import { table } from '../table.ts';

const one = () => 1;

/** ECS counts a task as pending until it runs and as running until it has stopped. */
const pending = (task: TaskRow) => (isStarting(task.lastStatus) ? 1 : 0);

const running = (task: TaskRow) => (isStarting(task.lastStatus) || task.lastStatus === 'STOPPED' ? 0 : 1);

/** Has not stopped, and nobody has asked for its stop. */
const wanted = (task: TaskRow) => (task.desiredStatus === 'RUNNING' && task.lastStatus !== 'STOPPED' ? 1 : 0);

const serving = (task: TaskRow) => (isServing(task) ? 1 : 0);

const live = (task: TaskRow) => (task.lastStatus === 'STOPPED' ? 0 : 1);

function serviceNamespace(row: ServiceRow): string | undefined {
  const connect = row.deployments.find((deployment) => deployment.status === 'PRIMARY')?.serviceConnectConfiguration;
  if (row.status === 'INACTIVE' || !connect?.enabled || !connect.namespace) return undefined;
  return `${scopeKey(row)}/${connect.namespace}`;
}

/** A service without a launch type is counted by its capacity providers: FARGATE and FARGATE_SPOT, else EC2. */
const serviceLaunchType = (row: ServiceRow) =>
  row.launchType ?? (row.capacityProviderStrategy?.[0]?.capacityProvider?.startsWith('FARGATE') ? 'FARGATE' : 'EC2');

/** An image's name without host, tag and digest: what says which repository it may be in. */
const imagePath = (image = ''): string =>
  image
    .replace(/@.*$/, '')
    .replace(/:[^/]*$/, '')
    .replace(/^(?:[^/]*[.:][^/]*|localhost)\//, '');

export const clusters = table<ClusterRow>()({
  name: 'clusters',
  key: (row) => row.arn,
  indexes: {
    byScope: scopeKey,
    /** `account/region/name` of every capacity provider that the cluster is associated with. */
    byCapacityProvider: (row) =>
      row.status === 'INACTIVE' ? undefined : row.capacityProviders.map((name) => `${scopeKey(row)}/${name}`),
  },
  sums: { byScope: { group: scopeKey, measures: { active: (row) => (row.status === 'INACTIVE' ? 0 : 1) } } },
});

export const capacityProviders = table<CapacityProviderRow>()({
  name: 'capacityProviders',
  key: (row) => row.arn,
  indexes: {
    byScope: scopeKey,
    byAutoScalingGroup: (row) =>
      row.status === 'ACTIVE' ? row.autoScalingGroupProvider.autoScalingGroupArn : undefined,
    /** All that an update or a deletion is under way for. */
    changing: (row) => (row.updateStatus?.endsWith('_IN_PROGRESS') ? 'changing' : undefined),
  },
});

export const taskDefinitions = table<TaskDefinitionRow>()({
  name: 'taskDefinitions',
  key: (row) => row.arn,
  indexes: {
    byScope: scopeKey,
    byFamily: (row) => `${scopeKey(row)}/${row.family}`,
    byImagePath: (row) => [...new Set(row.containerDefinitions.map(({ image }) => imagePath(image)))],
    /** All that wait to be deleted, found by the reaper. */
    deleting: (row) => (row.status === 'DELETE_IN_PROGRESS' ? 'deleting' : undefined),
  },
});

export const taskDefinitionFamilies = table<TaskDefinitionFamilyRow>()({
  name: 'taskDefinitionFamilies',
  key: (row) => row.key,
  indexes: { byScope: scopeKey },
});

export const containerInstances = table<ContainerInstanceRow>()({
  name: 'containerInstances',
  key: (row) => row.arn,
  indexes: {
    byCluster: (row) => row.clusterArn,
    /** `cluster#name` of the capacity provider that an instance belongs to. */
    byCapacityProvider: (row) =>
      row.status === 'INACTIVE' || row.capacityProviderName === undefined
        ? undefined
        : `${row.clusterArn}#${row.capacityProviderName}`,
    /** Instances that wait for critical daemons, or come back to them. */
    waitingForDaemons: (row) =>
      row.status === 'REGISTERING' || row.drainedForDaemon !== undefined ? row.clusterArn : undefined,
  },
  sums: {
    byCluster: {
      group: (row) => row.clusterArn,
      measures: { registered: (row) => (row.status === 'INACTIVE' ? 0 : 1) },
    },
  },
});

export const tasks = table<TaskRow>()({
  name: 'tasks',
  key: (row) => row.arn,
  indexes: {
    byCluster: (row) => row.clusterArn,
    byContainerInstance: (row) => row.containerInstanceArn,
    /** Tasks that hold resources on an instance: all that have not stopped. */
    liveByContainerInstance: (row) => (row.lastStatus === 'STOPPED' ? undefined : row.containerInstanceArn),
    byService: (row) => row.serviceArn,
    liveByService: (row) => (row.lastStatus === 'STOPPED' ? undefined : row.serviceArn),
    /** Stopped tasks that their service's scheduler has not taken note of yet. */
    unsettledByService: (row) => (row.lastStatus === 'STOPPED' && !row.settled ? row.serviceArn : undefined),
    byDaemon: (row) => row.daemonArn,
    liveByDaemon: (row) => (row.lastStatus === 'STOPPED' ? undefined : row.daemonArn),
    /** Stopped tasks that their daemon's scheduler has not taken note of yet. */
    unsettledByDaemon: (row) => (row.lastStatus === 'STOPPED' && !row.settled ? row.daemonArn : undefined),
    byGroup: (row) => `${row.clusterArn}#${row.group}`,
    byStartedBy: (row) => (row.startedBy === undefined ? undefined : `${row.clusterArn}#${row.startedBy}`),
    byTaskDefinition: (row) => row.taskDefinitionArn,
    /** `cluster#RUNNING` and `cluster#STOPPED`: what ListTasks walks. */
    byDesiredStatus: (row) => `${row.clusterArn}#${row.desiredStatus}`,
    byFamilyAndDesiredStatus: (row) => `${row.clusterArn}#${familyOf(row.taskDefinitionArn)}#${row.desiredStatus}`,
    /** All stopped tasks, found by the reaper. */
    stopped: (row) => (row.lastStatus === 'STOPPED' ? 'stopped' : undefined),
  },
  sums: {
    byCluster: { group: (row) => row.clusterArn, measures: { pending, running } },
    byClusterAndLaunchType: { group: (row) => `${row.clusterArn}#${row.launchType}`, measures: { pending, running } },
    byContainerInstance: {
      group: (row) => row.containerInstanceArn,
      measures: {
        pending,
        running,
        live,
        cpuUnits: (row) => live(row) * row.reservation.cpuUnits,
        memoryMiB: (row) => live(row) * row.reservation.memoryMiB,
        gpuCount: (row) => live(row) * row.reservation.gpuCount,
        eniCount: (row) => live(row) * (row.reservation.eniCount ?? 0),
      },
    },
    byService: { group: (row) => row.serviceArn, measures: { pending, running, serving } },
    byDeployment: { group: (row) => row.deploymentId, measures: { pending, running, wanted } },
  },
});

export const services = table<ServiceRow>()({
  name: 'services',
  key: (row) => row.arn,
  indexes: {
    byCluster: (row) => row.clusterArn,
    byTaskDefinition: (row) => row.deployments.map((deployment) => deployment.taskDefinitionArn),
    /** `account/region/namespace` of the Service Connect configuration that holds, as its client named the namespace. */
    byNamespace: serviceNamespace,
    /** DAEMON services that still act, which every change of an instance concerns. */
    daemonsByCluster: (row) =>
      row.schedulingStrategy === 'DAEMON' && row.status !== 'INACTIVE' ? row.clusterArn : undefined,
  },
  sums: {
    byCluster: { group: (row) => row.clusterArn, measures: { active: (row) => (row.status === 'ACTIVE' ? 1 : 0) } },
    byClusterAndLaunchType: {
      group: (row) => `${row.clusterArn}#${serviceLaunchType(row)}`,
      measures: {
        active: (row) => (row.status === 'ACTIVE' ? 1 : 0),
        draining: (row) => (row.status === 'DRAINING' ? 1 : 0),
      },
    },
  },
});

export const taskSets = table<TaskSetRow>()({
  name: 'taskSets',
  key: (row) => row.arn,
  indexes: { byService: (row) => row.serviceArn, byTaskDefinition: (row) => row.taskDefinitionArn },
});

export const serviceEvents = table<ServiceEventRow>()({
  name: 'serviceEvents',
  key: (row) => row.key,
  indexes: { byService: (row) => row.serviceArn },
  sums: { byService: { group: (row) => row.serviceArn, measures: { count: one } } },
});

/** Keys of a service sort newest first. */
export const serviceDeployments = table<ServiceDeploymentRow>()({
  name: 'serviceDeployments',
  key: (row) => row.arn,
  indexes: {
    byService: (row) => row.serviceArn,
    /** All that are over, found by the reaper. */
    finished: (row) => (row.finishedAt === undefined ? undefined : 'finished'),
  },
});

export const serviceRevisions = table<ServiceRevisionRow>()({
  name: 'serviceRevisions',
  key: (row) => row.arn,
  indexes: { byService: (row) => row.serviceArn },
});

export const daemonTaskDefinitionFamilies = table<TaskDefinitionFamilyRow>()({
  name: 'daemonTaskDefinitionFamilies',
  key: (row) => row.key,
  indexes: { byScope: scopeKey },
});

export const daemons = table<DaemonRow>()({
  name: 'daemons',
  key: (row) => row.arn,
  indexes: { byCluster: (row) => row.clusterArn, byTaskDefinition: (row) => row.taskDefinitionArns },
});

/** Keys of a daemon sort newest first. */
export const daemonDeployments = table<DaemonDeploymentRow>()({
  name: 'daemonDeployments',
  key: (row) => row.arn,
  indexes: {
    byDaemon: (row) => row.daemonArn,
    /** All that are over, found by the reaper. */
    finished: (row) => (row.finishedAt === undefined ? undefined : 'finished'),
  },
});

export const daemonRevisions = table<DaemonRevisionRow>()({
  name: 'daemonRevisions',
  key: (row) => row.arn,
  indexes: { byDaemon: (row) => row.daemonArn },
});

export const clientTokens = table<ClientTokenRow>()({
  name: 'clientTokens',
  key: (row) => row.key,
  indexes: {},
});

export const accountSettings = table<AccountSettingRow>()({
  name: 'accountSettings',
  key: (row) => row.key,
  indexes: { byScope: scopeKey, byPrincipal: (row) => `${scopeKey(row)}/${row.principalArn}` },
});

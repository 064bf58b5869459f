/** Every table of Slipway. A new one: docs/checklists/new-table.md. */
import { familyOf, scopeKey } from '#model/arn.ts';
import type { CapacityProviderRow } from '#model/capacity-provider.ts';
import type { DaemonDeploymentRow, DaemonRevisionRow, DaemonRow } from '#model/daemon.ts';
import {
  type ImagePullRow,
  type ImageRow,
  type ImageTagRow,
  type RepositoryBlobRow,
  type RepositoryRow,
  registryKey,
} from '#model/ecr.ts';
import type {
  LayerUploadRow,
  LifecyclePreviewRow,
  PublicRegistryRow,
  PullThroughCacheRuleRow,
  RegistryRow,
  RepositoryCreationTemplateRow,
} from '#model/ecr-registry.ts';
import type {
  AccessKeyUseRow,
  AccountRow,
  GroupRow,
  InstanceProfileRow,
  ManagedPolicyRow,
  OpenIdConnectProviderRow,
  RevokedSessionRow,
  RoleRow,
  RoleUseRow,
  ServiceLinkedRoleDeletionRow,
  UserRow,
} from '#model/iam.ts';
import type { ImageScanRow, ScanSourceRow } from '#model/image-scan.ts';
import type { InstanceRow } from '#model/instance.ts';
import type { KmsAliasRow, KmsGrantRow, KmsKeyRow } from '#model/kms.ts';
import type { ReplicationBackfillItemRow, ReplicationBackfillRow, ReplicationRow } from '#model/replication.ts';
import type {
  AccessKeyRow,
  AccountSettingRow,
  ClientTokenRow,
  ClusterRow,
  ContainerInstanceRow,
  LogGroupRow,
  LogStreamRow,
  ServiceEventRow,
  ServiceRow,
  TaskDefinitionFamilyRow,
  TaskDefinitionRow,
  TaskRow,
  VaultKeyRow,
} from '#model/rows.ts';
import type { SecretRow, SecretVersionRow } from '#model/secretsmanager.ts';
import type { ServiceDeploymentRow, ServiceRevisionRow } from '#model/service-deployment.ts';
import type { ParameterRow, ParameterVersionRow } from '#model/ssm.ts';
import { isServing } from '#model/task-serving.ts';
import type { TaskSetRow } from '#model/task-set.ts';
import { isStarting } from '#model/task-status.ts';
import { type Table, table } from './table.ts';

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

export const accessKeys = table<AccessKeyRow>()({
  name: 'accessKeys',
  key: (row) => row.accessKeyId,
  indexes: { byAccount: (row) => row.account, byPrincipal: (row) => row.principalArn },
});

export const accounts = table<AccountRow>()({
  name: 'accounts',
  key: (row) => row.id,
  indexes: { byAlias: (row) => row.alias },
});

/** Names of one kind are unique in an account without regard to case. */
const nameKey = (row: { readonly account: string; readonly name: string }) =>
  `${row.account}/${row.name.toLowerCase()}`;
const accountOf = (row: { readonly account: string }) => row.account;

export const users = table<UserRow>()({
  name: 'users',
  key: (row) => row.arn,
  indexes: {
    byAccount: accountOf,
    byName: nameKey,
    byGroup: (row) => row.groupArns,
    byAttachedPolicy: (row) => row.attachedPolicyArns,
    byBoundary: (row) => row.permissionsBoundary,
  },
});

export const groups = table<GroupRow>()({
  name: 'groups',
  key: (row) => row.arn,
  indexes: { byAccount: accountOf, byName: nameKey, byAttachedPolicy: (row) => row.attachedPolicyArns },
});

export const roles = table<RoleRow>()({
  name: 'roles',
  key: (row) => row.arn,
  indexes: {
    byAccount: accountOf,
    byName: nameKey,
    byAttachedPolicy: (row) => row.attachedPolicyArns,
    byBoundary: (row) => row.permissionsBoundary,
  },
});

export const roleUses = table<RoleUseRow>()({ name: 'roleUses', key: (row) => row.roleArn, indexes: {} });

export const accessKeyUses = table<AccessKeyUseRow>()({
  name: 'accessKeyUses',
  key: (row) => row.accessKeyId,
  indexes: {},
});

export const serviceLinkedRoleDeletions = table<ServiceLinkedRoleDeletionRow>()({
  name: 'serviceLinkedRoleDeletions',
  key: (row) => row.id,
  indexes: { byAccount: accountOf },
});

export const managedPolicies = table<ManagedPolicyRow>()({
  name: 'managedPolicies',
  key: (row) => row.arn,
  indexes: { byAccount: accountOf, byName: nameKey },
});

export const instanceProfiles = table<InstanceProfileRow>()({
  name: 'instanceProfiles',
  key: (row) => row.arn,
  indexes: { byAccount: accountOf, byName: nameKey, byRole: (row) => row.roleArn },
});

/** Machines with an identity of ours; gone when they are told to leave. */
export const instances = table<InstanceRow>()({
  name: 'instances',
  key: (row) => row.arn,
  indexes: {
    byScope: scopeKey,
    byAccessKey: (row) => row.accessKeyId,
    local: (row) => (row.isLocal ? 'local' : undefined),
  },
});

export const openIdConnectProviders = table<OpenIdConnectProviderRow>()({
  name: 'openIdConnectProviders',
  key: (row) => row.arn,
  indexes: { byAccount: accountOf },
});

export const revokedSessions = table<RevokedSessionRow>()({
  name: 'revokedSessions',
  key: (row) => row.accessKeyId,
  indexes: {},
});

/** The key under which everything at rest is sealed, itself wrapped by the operator's key. */
export const vaultKeys = table<VaultKeyRow>()({ name: 'vaultKeys', key: (row) => row.id, indexes: {} });

export const kmsKeys = table<KmsKeyRow>()({
  name: 'kmsKeys',
  key: (row) => row.arn,
  indexes: {
    byScope: scopeKey,
    /** All whose deletion waits. */
    deleting: (row) => (row.deletionAt === undefined ? undefined : 'deleting'),
  },
});

export const kmsAliases = table<KmsAliasRow>()({
  name: 'kmsAliases',
  key: (row) => row.arn,
  indexes: { byScope: scopeKey, byKey: (row) => row.keyArn },
});

export const kmsGrants = table<KmsGrantRow>()({
  name: 'kmsGrants',
  key: (row) => row.key,
  indexes: { byKey: (row) => row.keyArn, byRetiringPrincipal: (row) => row.retiringPrincipal },
});

export const parameters = table<ParameterRow>()({
  name: 'parameters',
  key: (row) => row.key,
  indexes: {
    byScope: scopeKey,
    /** All with a policy that has yet to act. */
    due: (row) => (row.policies.some((policy) => policy.finishedAt === undefined) ? 'due' : undefined),
  },
});

export const parameterVersions = table<ParameterVersionRow>()({
  name: 'parameterVersions',
  key: (row) => row.key,
  indexes: { byParameter: (row) => row.parameterKey },
});

export const secrets = table<SecretRow>()({
  name: 'secrets',
  key: (row) => row.arn,
  indexes: {
    byScope: scopeKey,
    byName: (row) => `${scopeKey(row)}/${row.name}`,
    /** All whose deletion waits. */
    deleting: (row) => (row.deletionAt === undefined ? undefined : 'deleting'),
  },
});

export const secretVersions = table<SecretVersionRow>()({
  name: 'secretVersions',
  key: (row) => row.key,
  indexes: { bySecret: (row) => row.secretArn },
});

export const repositories = table<RepositoryRow>()({
  name: 'repositories',
  key: (row) => row.arn,
  indexes: {
    /** `private/account/region`, `public/account/us-east-1` */
    byRegistry: registryKey,
    withLifecyclePolicy: (row) => (row.lifecyclePolicyText === undefined ? undefined : 'lifecycle'),
  },
});

export const repositoryBlobs = table<RepositoryBlobRow>()({
  name: 'repositoryBlobs',
  key: (row) => row.key,
  indexes: { byRepository: (row) => row.repositoryArn, byDigest: (row) => row.digest },
});

export const images = table<ImageRow>()({
  name: 'images',
  key: (row) => row.key,
  indexes: {
    byRepository: (row) => row.repositoryArn,
    byDigest: (row) => row.digest,
    /** `<repositoryArn>@<digest>` of what it refers to. */
    bySubject: (row) => (row.subjectDigest === undefined ? undefined : `${row.repositoryArn}@${row.subjectDigest}`),
    /** `<repositoryArn>@<digest>` of every manifest that an index lists. */
    byChild: (row) => row.children.map((child) => `${row.repositoryArn}@${child.digest}`),
    /** `<repositoryArn>@<digest>` of config and layers. */
    byBlob: (row) =>
      [...(row.config ? [row.config] : []), ...row.layers].map((blob) => `${row.repositoryArn}@${blob.digest}`),
  },
});

export const imageTags = table<ImageTagRow>()({
  name: 'imageTags',
  key: (row) => row.key,
  indexes: { byRepository: (row) => row.repositoryArn, byImage: (row) => `${row.repositoryArn}@${row.digest}` },
});

export const imagePulls = table<ImagePullRow>()({
  name: 'imagePulls',
  key: (row) => row.key,
  indexes: { byRepository: (row) => row.repositoryArn },
});

/** Private registries that differ from the defaults. */
export const registries = table<RegistryRow>()({ name: 'registries', key: scopeKey, indexes: {} });

export const publicRegistries = table<PublicRegistryRow>()({
  name: 'publicRegistries',
  key: (row) => row.account,
  indexes: { byAlias: (row) => row.aliases.map((alias) => alias.name) },
});

export const repositoryCreationTemplates = table<RepositoryCreationTemplateRow>()({
  name: 'repositoryCreationTemplates',
  key: (row) => row.key,
  indexes: { byScope: scopeKey },
});

export const pullThroughCacheRules = table<PullThroughCacheRuleRow>()({
  name: 'pullThroughCacheRules',
  key: (row) => row.key,
  indexes: { byScope: scopeKey },
});

export const layerUploads = table<LayerUploadRow>()({
  name: 'layerUploads',
  key: (row) => row.id,
  indexes: { byRepository: (row) => row.repositoryArn },
});

export const lifecyclePreviews = table<LifecyclePreviewRow>()({
  name: 'lifecyclePreviews',
  key: (row) => row.repositoryArn,
  indexes: {},
});

export const imageScans = table<ImageScanRow>()({
  name: 'imageScans',
  key: (row) => row.key,
  indexes: {
    byRepository: (row) => row.repositoryArn,
    /** `NOW` and `LATER`: all that are to be made. */
    wanted: (row) => row.wanted,
  },
});

export const scanSources = table<ScanSourceRow>()({ name: 'scanSources', key: (row) => row.key, indexes: {} });

export const replications = table<ReplicationRow>()({
  name: 'replications',
  key: (row) => row.key,
  indexes: {
    byImage: (row) => row.imageKey,
    open: (row) => (row.status === 'IN_PROGRESS' ? 'open' : undefined),
    /** Those that a backfill asked for and nobody else, while they are not done. */
    openOfBackfill: (row) => (row.status === 'IN_PROGRESS' ? row.backfillId : undefined),
  },
});

export const replicationBackfills = table<ReplicationBackfillRow>()({
  name: 'replicationBackfills',
  key: (row) => row.id,
  indexes: { byScope: scopeKey },
});

export const replicationBackfillItems = table<ReplicationBackfillItemRow>()({
  name: 'replicationBackfillItems',
  key: (row) => row.key,
  indexes: {
    byBackfill: (row) => row.backfillId,
    /** `<backfillId>/<status>` */
    byStatus: (row) => `${row.backfillId}/${row.status}`,
    /** Key of the replication that those wait for which are not done. */
    pending: (row) => (row.status === 'PENDING' ? row.replicationKey : undefined),
  },
});

export const logGroups = table<LogGroupRow>()({
  name: 'logGroups',
  key: (row) => row.arn,
  indexes: { byScope: scopeKey },
});

export const logStreams = table<LogStreamRow>()({
  name: 'logStreams',
  key: (row) => row.arn,
  indexes: { byGroup: (row) => row.groupArn },
});

/** All tables, by name; the journal loads each row into the one it names. */
// biome-ignore lint/suspicious/noExplicitAny: tables of many row types in one list
export const allTables: readonly Table<any>[] = [
  clusters,
  capacityProviders,
  taskDefinitions,
  taskDefinitionFamilies,
  containerInstances,
  tasks,
  services,
  taskSets,
  serviceEvents,
  serviceDeployments,
  serviceRevisions,
  daemonTaskDefinitionFamilies,
  daemons,
  daemonDeployments,
  daemonRevisions,
  clientTokens,
  accountSettings,
  accessKeys,
  accounts,
  users,
  groups,
  roles,
  roleUses,
  accessKeyUses,
  serviceLinkedRoleDeletions,
  managedPolicies,
  instanceProfiles,
  instances,
  openIdConnectProviders,
  revokedSessions,
  vaultKeys,
  kmsKeys,
  kmsAliases,
  kmsGrants,
  parameters,
  parameterVersions,
  secrets,
  secretVersions,
  repositories,
  repositoryBlobs,
  images,
  imageTags,
  imagePulls,
  registries,
  publicRegistries,
  repositoryCreationTemplates,
  pullThroughCacheRules,
  layerUploads,
  lifecyclePreviews,
  imageScans,
  scanSources,
  replications,
  replicationBackfills,
  replicationBackfillItems,
  logGroups,
  logStreams,
];

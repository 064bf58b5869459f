/**
 * The nouns, as rows of the store. Rows are immutable: a change is a new object. Times are epoch milliseconds, sizes
 * and shares carry their unit in the name. Shapes that a client wrote and that come back unchanged (container
 * definitions, overrides, tags) keep AWS's own member names and types.
 */
import type {
  Attachment,
  Attribute,
  CapacityProviderStrategyItem,
  ClusterConfiguration,
  ClusterServiceConnectDefaults,
  ClusterSetting,
  ContainerDefinition,
  DeploymentConfiguration,
  DeploymentController,
  EphemeralStorage,
  InferenceAccelerator,
  LoadBalancer,
  NetworkBinding,
  NetworkConfiguration,
  NetworkInterface,
  PlacementConstraint,
  PlacementStrategy,
  ProxyConfiguration,
  Resource,
  RuntimePlatform,
  ServiceConnectConfiguration,
  ServiceRegistry,
  ServiceVolumeConfiguration,
  Tag,
  TaskDefinitionPlacementConstraint,
  TaskOverride,
  Volume,
  VpcLatticeConfiguration,
} from '@aws-sdk/client-ecs';
import type {
  Arn,
  ClusterArn,
  ContainerArn,
  ContainerInstanceArn,
  DaemonArn,
  Scope,
  ServiceArn,
  ServiceDeploymentArn,
  ServiceRevisionArn,
  TaskArn,
  TaskDefinitionArn,
} from './arn.ts';
import type { Rebalancing } from './rebalancing.ts';
import type { ContainerStatus, DesiredStatus, HealthStatus, StopCode, TaskStatus } from './task-status.ts';

export type LaunchType = 'EC2' | 'FARGATE' | 'EXTERNAL';
export type NetworkMode = 'bridge' | 'host' | 'none' | 'awsvpc';

export interface ClusterRow extends Scope {
  readonly arn: ClusterArn;
  readonly name: string;
  readonly status: 'ACTIVE' | 'PROVISIONING' | 'DEPROVISIONING' | 'FAILED' | 'INACTIVE';
  readonly createdAt: number;
  /** Set when the status became INACTIVE; the row is dropped some time after. */
  readonly inactiveAt?: number;
  readonly settings: readonly ClusterSetting[];
  readonly configuration?: ClusterConfiguration;
  readonly capacityProviders: readonly string[];
  readonly defaultCapacityProviderStrategy: readonly CapacityProviderStrategyItem[];
  readonly serviceConnectDefaults?: ClusterServiceConnectDefaults;
  readonly tags: readonly Tag[];
}

/** One revision of a family. */
export interface TaskDefinitionRow extends Scope {
  readonly arn: TaskDefinitionArn;
  readonly family: string;
  readonly revision: number;
  readonly status: 'ACTIVE' | 'INACTIVE' | 'DELETE_IN_PROGRESS';
  readonly registeredAt: number;
  readonly registeredBy: string;
  readonly deregisteredAt?: number;
  readonly deleteRequestedAt?: number;
  /** As registered, with ECS's defaults filled in. */
  readonly containerDefinitions: readonly ContainerDefinition[];
  readonly volumes: readonly Volume[];
  /** As answered by DescribeTaskDefinition; absent when the client gave none (then bridge is what runs). */
  readonly networkMode?: NetworkMode;
  readonly taskRoleArn?: string;
  readonly executionRoleArn?: string;
  readonly placementConstraints: readonly TaskDefinitionPlacementConstraint[];
  readonly compatibilities: readonly string[];
  readonly requiresCompatibilities?: readonly string[];
  /** Capabilities that an instance must have, derived from what the definition uses. */
  readonly requiresAttributes: readonly Attribute[];
  /** Task-level sizes as registered (`"256"`, `"0.5 vCPU"` normalised to units and MiB, as text). */
  readonly cpu?: string;
  readonly memory?: string;
  readonly pidMode?: string;
  readonly ipcMode?: string;
  readonly runtimePlatform?: RuntimePlatform;
  readonly proxyConfiguration?: ProxyConfiguration;
  readonly inferenceAccelerators?: readonly InferenceAccelerator[];
  readonly ephemeralStorage?: EphemeralStorage;
  readonly enableFaultInjection?: boolean;
  /** Set on a daemon task definition, whose ARN is of another kind: what its client said of namespaces. */
  readonly daemon?: { readonly pidMode?: 'none' | 'shared'; readonly ipcMode?: 'none' | 'shared' };
  /** Of a daemon task definition: nothing uses it any more since then. */
  readonly deletedAt?: number;
  readonly tags: readonly Tag[];
}

/** Counts a family's revisions; a revision number is never used twice. */
export interface TaskDefinitionFamilyRow extends Scope {
  /** `account/region/family` */
  readonly key: string;
  readonly family: string;
  readonly lastRevision: number;
}

export interface ContainerInstanceRow extends Scope {
  readonly arn: ContainerInstanceArn;
  readonly clusterArn: ClusterArn;
  readonly ec2InstanceId: string;
  readonly status: 'REGISTERING' | 'REGISTRATION_FAILED' | 'ACTIVE' | 'INACTIVE' | 'DEREGISTERING' | 'DRAINING';
  readonly statusReason?: string;
  /** An ACS connection is open. */
  readonly agentConnected: boolean;
  readonly agentConnectionChangedAt: number;
  /** Set while its agent has been away so long that services replace their tasks on it. */
  readonly lostAt?: number;
  readonly registeredAt: number;
  readonly version: number;
  readonly versionInfo: {
    readonly agentVersion?: string;
    readonly agentHash?: string;
    readonly dockerVersion?: string;
  };
  readonly registeredResources: readonly Resource[];
  readonly attributes: readonly Attribute[];
  readonly availabilityZone: string;
  readonly attachments: readonly Attachment[];
  /** Health of the container runtime as the agent last published it over TCS. */
  readonly containerRuntimeStatus?: 'OK' | 'IMPAIRED' | 'INSUFFICIENT_DATA' | 'INITIALIZING';
  /** When it was last published (to the minute: an unchanged one is not written again sooner). */
  readonly containerRuntimeStatusAt?: number;
  /** When it last became another. */
  readonly containerRuntimeStatusChangedAt?: number;
  /** Last number given to a payload or task manifest; shared by both and strictly increasing for the instance's life. */
  readonly lastSequence: number;
  readonly capacityProviderName?: string;
  /** It is DRAINING because the task of this critical daemon has ended on it; it comes back by itself. */
  readonly drainedForDaemon?: DaemonArn;
  readonly tags: readonly Tag[];
}

export interface TaskContainerRow {
  readonly arn: ContainerArn;
  readonly name: string;
  readonly image: string;
  readonly imageDigest?: string;
  readonly runtimeId?: string;
  readonly essential: boolean;
  /** The definition has a health check, so `healthStatus` will be reported. */
  readonly healthChecked: boolean;
  readonly lastStatus: ContainerStatus;
  readonly healthStatus: HealthStatus;
  readonly exitCode?: number;
  readonly reason?: string;
  readonly networkBindings: readonly NetworkBinding[];
  readonly networkInterfaces: readonly NetworkInterface[];
  /** As answered on the wire: text. */
  readonly cpu: string;
  readonly memory?: string;
  readonly memoryReservation?: string;
  readonly gpuIds?: readonly string[];
}

export interface PortReservation {
  readonly protocol: 'tcp' | 'udp';
  readonly hostPort: number;
}

/** What the task holds on its instance from birth until its STOPPED report. */
export interface TaskReservation {
  readonly cpuUnits: number;
  readonly memoryMiB: number;
  /** Fixed host ports. Dynamic ones are the agent's choice and come with its reports. */
  readonly ports: readonly PortReservation[];
  readonly gpuCount: number;
  /** Elastic network interfaces: one in network mode awsvpc, absent in the others. */
  readonly eniCount?: number;
}

export interface TaskRow extends Scope {
  readonly arn: TaskArn;
  readonly clusterArn: ClusterArn;
  readonly taskDefinitionArn: TaskDefinitionArn;
  /** Absent for FARGATE tasks. */
  readonly containerInstanceArn?: ContainerInstanceArn;
  readonly serviceArn?: ServiceArn;
  /** The managed daemon that it is of; then `deploymentId` is the ARN of its revision. */
  readonly daemonArn?: DaemonArn;
  /** `ecs-svc/…` of the deployment that started it. */
  readonly deploymentId?: string;
  readonly group: string;
  readonly startedBy?: string;
  readonly referenceId?: string;
  readonly launchType: LaunchType;
  readonly capacityProviderName?: string;
  readonly platformVersion?: string;
  readonly platformFamily?: string;
  /** One writer each: the control plane writes desiredStatus, agents' reports (or their loss) move lastStatus. */
  readonly desiredStatus: DesiredStatus;
  readonly lastStatus: TaskStatus;
  readonly healthStatus: HealthStatus;
  readonly connectivity?: 'CONNECTED' | 'DISCONNECTED';
  readonly connectivityAt?: number;
  readonly availabilityZone?: string;
  readonly cpu?: string;
  readonly memory?: string;
  readonly ephemeralStorage?: EphemeralStorage;
  readonly containers: readonly TaskContainerRow[];
  readonly overrides: TaskOverride;
  readonly attachments: readonly Attachment[];
  readonly attributes: readonly Attribute[];
  readonly reservation: TaskReservation;
  readonly enableExecuteCommand: boolean;
  readonly createdAt: number;
  readonly pullStartedAt?: number;
  readonly pullStoppedAt?: number;
  readonly startedAt?: number;
  readonly stoppingAt?: number;
  readonly executionStoppedAt?: number;
  readonly stoppedAt?: number;
  readonly stopCode?: StopCode;
  readonly stoppedReason?: string;
  /** Increases by one with every change that a client may see. */
  readonly version: number;
  readonly tags: readonly Tag[];
  /** Scale-in and deployments leave the task alone until then; absent when it is not protected. See task-protection.ts. */
  readonly protectedUntil?: number;
  /** The service scheduler has taken note of its end; set once, after STOPPED. */
  readonly settled?: true;
}

export interface DeploymentRow {
  /** `ecs-svc/<19 digits>` */
  readonly id: string;
  /** What it runs. Absent in rows older than service revisions. */
  readonly serviceRevisionArn?: ServiceRevisionArn;
  readonly status: 'PRIMARY' | 'ACTIVE' | 'INACTIVE';
  readonly taskDefinitionArn: TaskDefinitionArn;
  readonly desiredCount: number;
  readonly failedTasks: number;
  /** When the newest of its tasks that became healthy had started: a newer one resets failedTasks. */
  readonly healthyStartedAt?: number;
  /** Failures in a row since a task last reached RUNNING (and stayed healthy); throttles restarts. */
  readonly failuresInARow: number;
  /** When the streak last grew: failures of tasks born before belong to the same wave and do not count again. */
  readonly throttledAt?: number;
  /** No launch before this time while throttled. */
  readonly nextLaunchAt?: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly launchType?: LaunchType;
  readonly capacityProviderStrategy?: readonly CapacityProviderStrategyItem[];
  readonly platformVersion?: string;
  readonly platformFamily?: string;
  readonly networkConfiguration?: NetworkConfiguration;
  readonly rolloutState: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED';
  readonly rolloutStateReason: string;
  readonly serviceConnectConfiguration?: ServiceConnectConfiguration;
  readonly volumeConfigurations?: readonly ServiceVolumeConfiguration[];
  readonly vpcLatticeConfigurations?: readonly VpcLatticeConfiguration[];
}

export interface ServiceRow extends Scope {
  readonly arn: ServiceArn;
  readonly clusterArn: ClusterArn;
  readonly name: string;
  readonly status: 'ACTIVE' | 'DRAINING' | 'INACTIVE';
  readonly schedulingStrategy: 'REPLICA' | 'DAEMON';
  readonly deploymentController: DeploymentController;
  /** Of a DAEMON service: on how many instances it wants a task, kept by its scheduler. */
  readonly desiredCount: number;
  /** With an EXTERNAL deployment controller: the PRIMARY task set's, absent before there is one. */
  readonly taskDefinitionArn?: TaskDefinitionArn;
  readonly launchType?: LaunchType;
  readonly capacityProviderStrategy?: readonly CapacityProviderStrategyItem[];
  readonly platformVersion?: string;
  readonly platformFamily?: string;
  readonly networkConfiguration?: NetworkConfiguration;
  readonly loadBalancers: readonly LoadBalancer[];
  readonly serviceRegistries: readonly ServiceRegistry[];
  readonly deploymentConfiguration: DeploymentConfiguration;
  /** Newest first; the first is the PRIMARY one. */
  readonly deployments: readonly DeploymentRow[];
  /** The service deployment that is under way, or was last. */
  readonly serviceDeploymentArn?: ServiceDeploymentArn;
  /** Set while tasks move to other Availability Zones, or could not. */
  readonly rebalancing?: Rebalancing;
  readonly placementConstraints: readonly PlacementConstraint[];
  readonly placementStrategy: readonly PlacementStrategy[];
  readonly healthCheckGracePeriodSeconds?: number;
  readonly enableECSManagedTags: boolean;
  readonly propagateTags: 'TASK_DEFINITION' | 'SERVICE' | 'NONE';
  readonly enableExecuteCommand: boolean;
  readonly availabilityZoneRebalancing: 'ENABLED' | 'DISABLED';
  readonly roleArn?: string;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly inactiveAt?: number;
  /** When the service last said that it has reached a steady state; it says so again every six hours. */
  readonly steadyAt?: number;
  /** The last "unable to place" message and its time, so that it is not repeated at every pass. */
  readonly lastEventKey?: string;
  readonly lastEventAt?: number;
  readonly tags: readonly Tag[];
}

/** A service event; the newest 100 of a service are kept. */
export interface ServiceEventRow {
  /** `serviceArn#<zero-padded epoch ms>-<order within it>-<uuid>`: sorts by time. */
  readonly key: string;
  readonly serviceArn: ServiceArn;
  readonly id: string;
  readonly createdAt: number;
  readonly message: string;
}

/** Remembers what a clientToken made, for as long as AWS does. */
export interface ClientTokenRow {
  /** `account/region/operation/token` */
  readonly key: string;
  /** SHA-256 of the request's other members, so that another request under the same token is refused. */
  readonly requestHash: string;
  readonly resourceArns: readonly string[];
  readonly createdAt: number;
}

export interface AccountSettingRow extends Scope {
  /** `account/region/principalArn or "default"/name` */
  readonly key: string;
  readonly principalArn: string;
  readonly name: string;
  readonly value: string;
}

/** The root of what the vault seals with, wrapped by the operator's key; see `keys/vault.ts`. */
export interface VaultKeyRow {
  readonly id: string;
  /** Which key of the operator wrapped it. */
  readonly wrappedBy: string;
  /** Base64. */
  readonly wrapped: string;
  readonly createdAt: number;
}

export interface AccessKeyRow {
  readonly accessKeyId: string;
  /** Sealed by the vault with the access key id as its context. */
  readonly sealedSecret: string;
  readonly account: string;
  /** `arn:aws:iam::<account>:root`, `…:user/<name>` or `…:role/<name>`. */
  readonly principalArn: Arn<string> | string;
  /** IAM's unique id: AIDA… for users; the account id for root. */
  readonly principalId: string;
  readonly status: 'Active' | 'Inactive';
  readonly createdAt: number;
}

export interface LogGroupRow extends Scope {
  /** `arn:aws:logs:<region>:<account>:log-group:<name>`, without the trailing `:*`. */
  readonly arn: string;
  readonly name: string;
  /** Names its events in the event storage: 32 hex digits, never used for another group. */
  readonly storageId: string;
  readonly createdAt: number;
  readonly retentionInDays?: number;
  readonly logGroupClass: 'STANDARD' | 'INFREQUENT_ACCESS' | 'DELIVERY';
  readonly kmsKeyId?: string;
  readonly deletionProtectionEnabled?: boolean;
  readonly tags: Readonly<Record<string, string>>;
}

export interface LogStreamRow {
  /** `<group arn>:log-stream:<name>` */
  readonly arn: string;
  readonly groupArn: string;
  readonly name: string;
  /** Names its events within the group's: 32 hex digits, never used for another stream. */
  readonly storageId: string;
  readonly createdAt: number;
}

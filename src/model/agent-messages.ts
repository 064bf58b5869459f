/**
 * The messages between the control plane and an agent, as docs/agent-protocol.md specifies them: ACS (work) and TCS
 * (telemetry). Envelope both ways: `{ type, message }`. Only members named here exist on the wire; unknown ones are
 * dropped by agents. Durations and sizes are as the protocol has them: cpu of a task in vCPU, memory in MiB.
 */
export interface Envelope<Type extends string = string, Message = unknown> {
  readonly type: Type;
  readonly message: Message;
}

interface Addressed {
  readonly messageId: string;
  readonly clusterArn: string;
  readonly containerInstanceArn: string;
  /** Epoch milliseconds. */
  readonly generatedAt: number;
}

export interface HeartbeatMessage {
  readonly messageId: string;
  readonly healthy: boolean;
}

export interface PayloadMessage extends Addressed {
  readonly seqNum: number;
  readonly timeline?: number;
  readonly tasks: readonly AgentTask[];
}

export interface TaskManifestEntry {
  readonly taskArn: string;
  readonly taskClusterArn: string;
  readonly desiredStatus: 'RUNNING' | 'STOPPED';
}

export interface TaskManifestMessage extends Addressed {
  readonly timeline: number;
  readonly tasks: readonly TaskManifestEntry[];
}

export interface TaskStopVerificationMessage {
  readonly messageId: string;
  readonly stopCandidates: readonly TaskManifestEntry[];
}

export interface TaskStopVerificationAck {
  readonly messageId: string;
  readonly generatedAt: number;
  readonly stopTasks: readonly TaskManifestEntry[];
}

export interface RoleCredentials {
  readonly credentialsId: string;
  readonly roleArn: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** ISO 8601. */
  readonly expiration: string;
}

export interface IAMRoleCredentialsMessage {
  readonly messageId: string;
  readonly taskArn: string;
  readonly taskClusterArn: string;
  readonly roleType: 'TaskApplication' | 'TaskExecution';
  readonly roleCredentials: RoleCredentials;
}

export interface AckRequest {
  readonly cluster: string;
  readonly containerInstance: string;
  readonly messageId: string;
}

export interface NackRequest extends AckRequest {
  readonly reason: string;
}

export interface HeartbeatAckRequest {
  readonly messageId: string;
}

export interface IAMRoleCredentialsAckRequest {
  readonly messageId: string;
  readonly credentialsId: string;
  readonly expiration: string;
}

/** Control plane → agent over ACS. */
export type AcsServerMessage =
  | Envelope<'HeartbeatMessage', HeartbeatMessage>
  | Envelope<'PayloadMessage', PayloadMessage>
  | Envelope<'TaskManifestMessage', TaskManifestMessage>
  | Envelope<'TaskStopVerificationAck', TaskStopVerificationAck>
  | Envelope<'IAMRoleCredentialsMessage', IAMRoleCredentialsMessage>;

/** Agent → control plane over ACS: the complete list. */
export type AcsAgentMessage =
  | Envelope<'AckRequest', AckRequest>
  | Envelope<'NackRequest', NackRequest>
  | Envelope<'HeartbeatAckRequest', HeartbeatAckRequest>
  | Envelope<'IAMRoleCredentialsAckRequest', IAMRoleCredentialsAckRequest>
  | Envelope<'TaskStopVerificationMessage', TaskStopVerificationMessage>;

/** A task as a payload carries it. To stop one, `{ arn, desiredStatus: 'STOPPED', containers: [] }` suffices. */
export interface AgentTask {
  readonly arn: string;
  readonly desiredStatus: 'RUNNING' | 'STOPPED';
  readonly taskClusterArn?: string;
  readonly family?: string;
  readonly version?: string;
  readonly group?: string;
  readonly serviceName?: string;
  readonly launchType?: string;
  /** Informational for bridge, host and none: what acts is each container's hostConfig.NetworkMode. */
  readonly networkMode?: string;
  readonly pidMode?: string;
  readonly ipcMode?: string;
  /** vCPU, e.g. 0.25. */
  readonly cpu?: number;
  /** MiB. */
  readonly memory?: number;
  readonly roleCredentials?: RoleCredentials;
  readonly executionRoleCredentials?: RoleCredentials;
  readonly containers: readonly AgentContainer[];
  readonly volumes?: readonly AgentVolume[];
}

export interface AgentContainer {
  readonly name: string;
  readonly image: string;
  readonly containerArn?: string;
  readonly essential?: boolean;
  readonly command?: readonly string[];
  readonly entryPoint?: readonly string[];
  readonly links?: readonly string[];
  /** CPU units (1024 a core) as shares. */
  readonly cpu?: number;
  /** MiB, hard limit; 0 is none. */
  readonly memory?: number;
  readonly environment?: Readonly<Record<string, string>>;
  readonly portMappings?: readonly AgentPortMapping[];
  readonly mountPoints?: readonly {
    readonly sourceVolume: string;
    readonly containerPath: string;
    readonly readOnly?: boolean;
  }[];
  readonly volumesFrom?: readonly { readonly sourceContainer: string; readonly readOnly?: boolean }[];
  readonly dependsOn?: readonly AgentDependency[];
  readonly registryAuthentication?: AgentRegistryAuthentication;
  readonly secrets?: readonly AgentSecret[];
  readonly environmentFiles?: readonly { readonly type: 's3'; readonly value: string }[];
  readonly healthCheckType?: 'docker';
  readonly logsAuthStrategy?: string;
  readonly restartPolicy?: {
    readonly enabled: boolean;
    readonly ignoredExitCodes?: readonly number[];
    readonly restartAttemptPeriod?: number;
  };
  /** Seconds. */
  readonly startTimeout?: number;
  /** Seconds. */
  readonly stopTimeout?: number;
  /** JSON text; only `command` is a legal key. */
  readonly overrides?: string;
  readonly dockerConfig?: {
    /** Least Docker API version for the create call. */
    readonly version?: string;
    /** JSON text of the Docker Engine API's container Config. */
    readonly config?: string;
    /** JSON text of its HostConfig; a key here overrides what the agent built. */
    readonly hostConfig?: string;
  };
}

export interface AgentPortMapping {
  readonly containerPort?: number;
  /** 0: the agent picks one. */
  readonly hostPort?: number;
  readonly containerPortRange?: string;
  readonly protocol?: 'tcp' | 'udp';
}

export const dependencyConditions = ['START', 'COMPLETE', 'SUCCESS', 'HEALTHY'] as const;
export type DependencyCondition = (typeof dependencyConditions)[number];

export interface AgentDependency {
  readonly containerName: string;
  readonly condition: DependencyCondition;
}

export type AgentRegistryAuthentication =
  | {
      readonly type: 'ecr';
      readonly ecrAuthData: {
        readonly region: string;
        readonly registryId: string;
        readonly endpointOverride?: string;
        readonly useExecutionRole?: boolean;
      };
    }
  | { readonly type: 'asm'; readonly asmAuthData: { readonly region: string; readonly credentialsParameter: string } };

/** Fetched by the agent with the task's execution role. */
export interface AgentSecret {
  readonly name: string;
  readonly valueFrom: string;
  readonly region: string;
  readonly provider: 'ssm' | 'asm';
  readonly type: 'ENVIRONMENT_VARIABLE';
  readonly target: 'CONTAINER' | 'LOG_DRIVER';
}

export interface AgentVolume {
  readonly name: string;
  readonly type?: 'host' | 'docker';
  /** `{}` is an anonymous Docker volume of the task's. */
  readonly host?: { readonly sourcePath?: string };
  readonly dockerVolumeConfiguration?: {
    readonly scope?: 'task' | 'shared';
    readonly autoprovision?: boolean;
    readonly driver?: string;
    readonly driverOpts?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  };
}

export interface StatsSet {
  readonly min: number;
  readonly max: number;
  readonly sum: number;
  readonly sampleCount: number;
}

export interface TelemetryMetadata {
  readonly cluster: string;
  readonly containerInstance: string;
  readonly messageId: string;
  readonly fin: boolean;
  readonly idle?: boolean;
}

export interface ContainerMetric {
  readonly containerName: string;
  readonly containerArn?: string;
  /** Percent of the whole host. */
  readonly cpuStatsSet: StatsSet;
  /** MiB. */
  readonly memoryStatsSet: StatsSet;
  readonly networkStatsSet?: Readonly<Record<string, StatsSet>>;
  readonly storageStatsSet?: Readonly<Record<string, StatsSet>>;
  readonly restartStatsSet?: { readonly restartCount: number };
}

export interface TaskMetric {
  readonly taskArn: string;
  readonly clusterArn: string;
  readonly taskDefinitionFamily: string;
  readonly taskDefinitionVersion: string;
  readonly containerMetrics: readonly ContainerMetric[];
}

export interface PublishMetricsRequest {
  readonly metadata: TelemetryMetadata;
  readonly taskMetrics?: readonly TaskMetric[];
  /** Epoch seconds. */
  readonly timestamp: number;
}

export interface TaskHealth {
  readonly taskArn: string;
  readonly taskDefinitionFamily: string;
  readonly taskDefinitionVersion: string;
  readonly containers: readonly {
    readonly containerName: string;
    readonly healthStatus: 'HEALTHY' | 'UNHEALTHY' | 'UNKNOWN';
    readonly statusSince?: number;
    readonly statusMessage?: string;
  }[];
}

/** The only way a container's health reaches the control plane. */
export interface PublishHealthRequest {
  readonly metadata: TelemetryMetadata;
  readonly tasks: readonly TaskHealth[];
  readonly timestamp: number;
}

export interface PublishInstanceStatusRequest {
  readonly metadata: { readonly cluster: string; readonly containerInstance: string; readonly requestId: string };
  readonly statuses: readonly {
    readonly type: 'ContainerRuntime';
    readonly status: 'INITIALIZING' | 'OK' | 'IMPAIRED';
    readonly lastUpdated?: number;
    readonly lastStatusChange?: number;
  }[];
  readonly timestamp: number;
}

/** Agent → control plane over TCS. */
export type TcsAgentMessage =
  | Envelope<'PublishMetricsRequest', PublishMetricsRequest>
  | Envelope<'PublishHealthRequest', PublishHealthRequest>
  | Envelope<'PublishInstanceStatusRequest', PublishInstanceStatusRequest>;

/** Control plane → agent over TCS. */
export type TcsServerMessage =
  | Envelope<'AckPublishMetric' | 'AckPublishHealth' | 'AckPublishInstanceStatus', { readonly message: string }>
  | Envelope<'HeartbeatMessage', { readonly healthy: boolean }>;

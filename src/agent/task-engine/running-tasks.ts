/**
 * What the rest of the agent may know about the tasks here: plain read-only views and a change feed. The task engine
 * implements it; logs, metadata, stats and telemetry read it. Views are immutable snapshots: ask again after a change.
 */

export const knownStatuses = ['NONE', 'PULLED', 'CREATED', 'RUNNING', 'STOPPED'] as const;
export type KnownStatus = (typeof knownStatuses)[number];

export interface NetworkBinding {
  readonly bindIP: string;
  readonly containerPort?: number;
  readonly hostPort?: number;
  readonly containerPortRange?: string;
  readonly hostPortRange?: string;
  readonly protocol: 'tcp' | 'udp';
}

export interface ContainerNetworkView {
  /** `bridge`, `host`, `none`. */
  readonly networkMode: string;
  readonly ipv4Addresses: readonly string[];
  readonly ipv6Addresses: readonly string[];
  readonly macAddress?: string;
  readonly ipv4Gateway?: string;
}

export interface ContainerHealthView {
  readonly status: 'UNKNOWN' | 'HEALTHY' | 'UNHEALTHY';
  readonly sinceMs: number;
  readonly exitCode?: number;
  readonly output?: string;
}

export interface ContainerView {
  readonly name: string;
  readonly containerArn?: string;
  readonly image: string;
  readonly imageId?: string;
  /** `sha256:…` as the registry names the image. */
  readonly imageDigest?: string;
  /** The engine's id; absent until the container is created. */
  readonly runtimeId?: string;
  /** `ecs-<family>-<version>-<name>-<hex>`. */
  readonly runtimeName: string;
  /** The last path segment of `ECS_CONTAINER_METADATA_URI_V4`: unguessable, stable over agent restarts. */
  readonly metadataId: string;
  readonly essential: boolean;
  readonly desiredStatus: 'RUNNING' | 'STOPPED';
  readonly knownStatus: KnownStatus;
  readonly exitCode?: number;
  readonly reason?: string;
  readonly createdAtMs?: number;
  readonly startedAtMs?: number;
  readonly finishedAtMs?: number;
  /** Present when the container has a health check. */
  readonly health?: ContainerHealthView;
  readonly networkBindings: readonly NetworkBinding[];
  /** Filled shortly after the container runs. */
  readonly networks: readonly ContainerNetworkView[];
  readonly labels: Readonly<Record<string, string>>;
  /** CPU units, MiB; 0 is none. */
  readonly cpuUnits: number;
  readonly memoryMiB: number;
  /** As the task asks: `awslogs`, `json-file`, `none`. */
  readonly logDriver: string;
  readonly logOptions: Readonly<Record<string, string>>;
  /** awslogs writes with the task's execution role. */
  readonly logsWithExecutionRole?: boolean;
  readonly mounts: readonly { readonly name?: string; readonly source: string; readonly destination: string }[];
  /** Restarts by the task's restart policy. */
  readonly restartCount: number;
  readonly restartPolicyEnabled: boolean;
}

export interface TaskView {
  readonly arn: string;
  /** Last segment of the ARN. */
  readonly taskId: string;
  /** `taskClusterArn` of the payload, else the cluster the agent is registered in. */
  readonly clusterArn: string;
  readonly family: string;
  readonly version: string;
  readonly group?: string;
  readonly serviceName?: string;
  readonly launchType?: string;
  readonly networkMode: string;
  /** vCPU and MiB of the task as a whole. */
  readonly cpu?: number;
  readonly memoryMiB?: number;
  /** Key of the task role's credentials in `TaskCredentials`, when the task has a role. */
  readonly roleCredentialsId?: string;
  readonly executionRoleCredentialsId?: string;
  readonly desiredStatus: 'RUNNING' | 'STOPPED';
  readonly knownStatus: KnownStatus;
  readonly acceptedAtMs: number;
  readonly pullStartedAtMs?: number;
  readonly pullStoppedAtMs?: number;
  readonly executionStoppedAtMs?: number;
  readonly containers: readonly ContainerView[];
}

export type TaskChange =
  | { readonly type: 'task'; readonly task: TaskView }
  | { readonly type: 'container'; readonly task: TaskView; readonly container: ContainerView }
  /** Cleaned up: its containers and records are gone. */
  | { readonly type: 'removed'; readonly taskArn: string };

export interface RunningTasks {
  list(): readonly TaskView[];
  byArn(taskArn: string): TaskView | undefined;
  byMetadataId(metadataId: string): { readonly task: TaskView; readonly container: ContainerView } | undefined;
  byRuntimeId(runtimeId: string): { readonly task: TaskView; readonly container: ContainerView } | undefined;
  /** Called after each change, in order. Returns how to unsubscribe. */
  subscribe(listener: (change: TaskChange) => void): () => void;
}

/**
 * Carries a container's output away (awslogs). Told of every container whose log driver is `awslogs`; such a container
 * is created with the engine's json-file driver, and its lines are read with `ContainerEngine.logs`.
 */
export interface LogShipper {
  /**
   * Makes the container's log stream, before its start. Rejects with the service's reason when it refuses (no such log
   * group): the container must not start. Resolves when the service cannot be asked: lines wait, the container need not.
   */
  prepare(task: TaskView, container: ContainerView): Promise<void>;
  /** The container runs: once per start, and again for each container found running or stopped with lines left after an agent restart. */
  containerStarted(task: TaskView, container: ContainerView): void;
  /** The container has stopped; its last lines are still there to read. */
  containerStopped(task: TaskView, container: ContainerView): void;
  /** Resolves when every line of the container has been delivered. Asked before the container is removed. */
  drained(runtimeId: string): Promise<void>;
}

/** What other rooms of the agent add to a container before it is created. */
export interface ContainerEnvironment {
  /** E.g. the metadata endpoint's addresses. What the task definition sets wins. */
  environmentFor(task: TaskView, container: ContainerView): Readonly<Record<string, string>>;
}

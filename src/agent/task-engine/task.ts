import { createHash } from 'node:crypto';
import { uuid } from '#lib/ids.ts';
import type { Random } from '#lib/random.ts';
import type { AgentContainer, AgentDependency, AgentTask } from '#model/agent-messages.ts';
import { lastSegment } from '#model/arn.ts';
import type {
  ContainerHealthView,
  ContainerNetworkView,
  ContainerView,
  KnownStatus,
  NetworkBinding,
  TaskView,
} from './running-tasks.ts';

/**
 * The engine's own record of a task, written down as JSON after every step. Only the task engine changes it.
 *
 * A container moves NONE → PULLED → CREATED → RUNNING → STOPPED, or from anywhere straight to STOPPED; never back,
 * except that a restart keeps it RUNNING. `reason` is set when a step failed, `exitCode` when the container ran.
 */
export interface EngineContainer {
  readonly payload: AgentContainer;
  /** Payload dependencies and those that links and volumesFrom imply. */
  readonly dependsOn: readonly AgentDependency[];
  readonly runtimeName: string;
  readonly metadataId: string;
  known: KnownStatus;
  runtimeId?: string;
  imageId?: string;
  imageDigest?: string;
  /** What the engine knows the image by, where that is not the definition's name for it. */
  imageReference?: string;
  exitCode?: number;
  reason?: string;
  createdAtMs?: number;
  startedAtMs?: number;
  finishedAtMs?: number;
  health?: ContainerHealthView;
  bindings: readonly NetworkBinding[];
  networks: readonly ContainerNetworkView[];
  labels: Readonly<Record<string, string>>;
  mounts: ContainerView['mounts'];
  logDriver: string;
  logOptions: Readonly<Record<string, string>>;
  restartCount: number;
  /** Start of the latest run: what the restart policy's period counts from. */
  lastStartedAtMs?: number;
  /** Highest status handed to the outbox. */
  reported: 'NONE' | 'RUNNING' | 'STOPPED';
}

export interface EngineTask {
  readonly arn: string;
  readonly payload: AgentTask;
  readonly clusterArn: string;
  readonly acceptedAtMs: number;
  readonly containers: readonly EngineContainer[];
  desired: 'RUNNING' | 'STOPPED';
  known: KnownStatus;
  /** Why the agent itself gave up on the task as a whole. */
  reason?: string;
  pullStartedAtMs?: number;
  pullStoppedAtMs?: number;
  executionStoppedAtMs?: number;
  stoppedAtMs?: number;
  reported: 'NONE' | 'RUNNING' | 'STOPPED';
  /** Docker volumes made for this task alone; removed with it. */
  ownVolumes: string[];
  /** Under which its roles' credentials are asked for. */
  credentialIds?: CredentialIds;
}

export interface CredentialIds {
  readonly role?: string;
  readonly execution?: string;
}

const hexOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 20);

/**
 * `ecs-<family>-<version>-<name>-<hex>`. The hex comes from the task's ARN, so that a container that was made just
 * before the agent died is found again by its name, and can never be made twice.
 */
export function runtimeName(task: Pick<AgentTask, 'arn' | 'family' | 'version'>, name: string): string {
  const readable = `ecs-${task.family ?? 'task'}-${task.version ?? '0'}-${name}`.replace(/[^a-zA-Z0-9_.-]/g, '');
  return `${readable}-${hexOf(`${task.arn}/${name}`)}`;
}

function allDependencies(container: AgentContainer): AgentDependency[] {
  const implied = [
    ...(container.links ?? []).map((link) => link.split(':')[0]!),
    ...(container.volumesFrom ?? []).map((from) => from.sourceContainer),
  ];
  const explicit = container.dependsOn ?? [];
  const missing = [...new Set(implied)].filter((name) => !explicit.some((entry) => entry.containerName === name));
  return [...explicit, ...missing.map((containerName) => ({ containerName, condition: 'START' as const }))];
}

export function newTask(
  payload: AgentTask,
  from: { readonly clusterArn: string; readonly nowMs: number; readonly random: Random },
): EngineTask {
  // Credentials live in memory only.
  const { roleCredentials, executionRoleCredentials, ...rest } = payload;
  const credentialIds = {
    ...(roleCredentials ? { role: roleCredentials.credentialsId } : {}),
    ...(executionRoleCredentials ? { execution: executionRoleCredentials.credentialsId } : {}),
  };
  return {
    arn: payload.arn,
    payload: rest,
    clusterArn: payload.taskClusterArn ?? from.clusterArn,
    acceptedAtMs: from.nowMs,
    desired: payload.desiredStatus,
    known: 'NONE',
    reported: 'NONE',
    ownVolumes: [],
    credentialIds,
    containers: (payload.containers ?? []).map((container) => ({
      payload: container,
      dependsOn: allDependencies(container),
      runtimeName: runtimeName(payload, container.name),
      metadataId: uuid(from.random),
      known: 'NONE',
      bindings: [],
      networks: [],
      labels: {},
      mounts: [],
      logDriver: 'json-file',
      logOptions: {},
      restartCount: 0,
      reported: 'NONE',
    })),
  };
}

/** True when the id is another than before: containers that are made from now on carry it. */
export function noteCredentials(
  task: EngineTask,
  roleType: 'TaskApplication' | 'TaskExecution',
  credentialsId: string,
): boolean {
  const member = roleType === 'TaskApplication' ? 'role' : 'execution';
  if (task.credentialIds?.[member] === credentialsId) return false;
  task.credentialIds = { ...task.credentialIds, [member]: credentialsId };
  return true;
}

export const findContainer = (task: EngineTask, name: string): EngineContainer | undefined =>
  task.containers.find((container) => container.payload.name === name);

/** What a task's containers add up to. Never goes back; a task on its way down does not become RUNNING any more. */
export function taskStatus(task: EngineTask): KnownStatus {
  if (task.known === 'STOPPED' || task.containers.every((container) => container.known === 'STOPPED')) return 'STOPPED';
  const upOrDone = task.containers.every(({ known }) => known === 'RUNNING' || known === 'STOPPED');
  if (task.known === 'RUNNING' || (task.desired === 'RUNNING' && upOrDone)) return 'RUNNING';
  if (task.containers.some(({ known }) => known !== 'NONE')) return task.known === 'NONE' ? 'PULLED' : task.known;
  return task.known;
}

export function toContainerView(task: EngineTask, container: EngineContainer): ContainerView {
  const { payload } = container;
  return {
    name: payload.name,
    ...(payload.containerArn ? { containerArn: payload.containerArn } : {}),
    image: payload.image,
    ...(container.imageId ? { imageId: container.imageId } : {}),
    ...(container.imageDigest ? { imageDigest: container.imageDigest } : {}),
    ...(container.runtimeId ? { runtimeId: container.runtimeId } : {}),
    runtimeName: container.runtimeName,
    metadataId: container.metadataId,
    essential: payload.essential === true,
    desiredStatus: container.known === 'STOPPED' ? 'STOPPED' : task.desired,
    knownStatus: container.known,
    ...(container.exitCode === undefined ? {} : { exitCode: container.exitCode }),
    ...(container.reason === undefined ? {} : { reason: container.reason }),
    ...(container.createdAtMs === undefined ? {} : { createdAtMs: container.createdAtMs }),
    ...(container.startedAtMs === undefined ? {} : { startedAtMs: container.startedAtMs }),
    ...(container.finishedAtMs === undefined ? {} : { finishedAtMs: container.finishedAtMs }),
    ...(container.health ? { health: container.health } : {}),
    networkBindings: container.bindings,
    networks: container.networks,
    labels: container.labels,
    cpuUnits: payload.cpu ?? 0,
    memoryMiB: payload.memory ?? 0,
    logDriver: container.logDriver,
    logOptions: container.logOptions,
    ...(payload.logsAuthStrategy === 'ExecutionRole' ? { logsWithExecutionRole: true } : {}),
    mounts: container.mounts,
    restartCount: container.restartCount,
    restartPolicyEnabled: payload.restartPolicy?.enabled === true,
  };
}

export function toTaskView(task: EngineTask): TaskView {
  const { payload, credentialIds: credentials = {} } = task;
  return {
    arn: task.arn,
    taskId: lastSegment(task.arn),
    clusterArn: task.clusterArn,
    family: payload.family ?? '',
    version: payload.version ?? '',
    ...(payload.group ? { group: payload.group } : {}),
    ...(payload.serviceName ? { serviceName: payload.serviceName } : {}),
    ...(payload.launchType ? { launchType: payload.launchType } : {}),
    networkMode: payload.networkMode ?? 'bridge',
    ...(payload.cpu ? { cpu: payload.cpu } : {}),
    ...(payload.memory ? { memoryMiB: payload.memory } : {}),
    ...(credentials.role ? { roleCredentialsId: credentials.role } : {}),
    ...(credentials.execution ? { executionRoleCredentialsId: credentials.execution } : {}),
    desiredStatus: task.desired,
    knownStatus: task.known,
    acceptedAtMs: task.acceptedAtMs,
    ...(task.pullStartedAtMs === undefined ? {} : { pullStartedAtMs: task.pullStartedAtMs }),
    ...(task.pullStoppedAtMs === undefined ? {} : { pullStoppedAtMs: task.pullStoppedAtMs }),
    ...(task.executionStoppedAtMs === undefined ? {} : { executionStoppedAtMs: task.executionStoppedAtMs }),
    containers: task.containers.map((container) => toContainerView(task, container)),
  };
}

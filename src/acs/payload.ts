/**
 * A task row and its definition as the task of a payload. Pure: the same rows always make the same message. Overrides
 * are merged here (the protocol's own `overrides` member takes nothing but a command), and what the protocol has no
 * member for goes into docker-config.ts's structures. Everything sent is checked by check.ts: agents may crash on what
 * is malformed.
 */
import type { ContainerDefinition, ContainerOverride, PortMapping, Secret, Volume } from '@aws-sdk/client-ecs';

import { type HeldRegistry, registryOfImage } from '#images/registry-of-image.ts';
import type {
  AgentContainer,
  AgentPortMapping,
  AgentRegistryAuthentication,
  AgentSecret,
  AgentTask,
  AgentVolume,
} from '#model/agent-messages.ts';
import { lastSegment, parseArn } from '#model/arn.ts';
import type { NetworkMode, TaskDefinitionRow, TaskRow } from '#model/rows.ts';
import { containerConfig, hostConfig } from './docker-config.ts';
import { roleArnsOf } from './role-credentials.ts';

/** Least Docker API version of the create call: a health check's start period came with 1.29, all else is older. */
const plainVersion = '1.24';
const startPeriodVersion = '1.29';

/** The stop of a task needs no more than its ARN. */
export function stopPayload(taskArn: string): AgentTask {
  return { arn: taskArn, desiredStatus: 'STOPPED', containers: [] };
}

/** `"256"` units or `"0.25 vCPU"` in vCPU. */
function vcpu(text: string | undefined): number | undefined {
  if (!text) return undefined;
  const value = Number.parseFloat(text);
  if (!Number.isFinite(value) || value <= 0) return undefined;
  return /vcpu/i.test(text) ? value : value / 1024;
}

/** `"512"` MiB or `"0.5 GB"` in MiB. */
function mebibytes(text: string | undefined): number | undefined {
  if (!text) return undefined;
  const value = Number.parseFloat(text);
  if (!Number.isFinite(value) || value <= 0) return undefined;
  return Math.round(/gb/i.test(text) ? value * 1024 : value);
}

/** AWS_EXECUTION_ENV is the control plane's to set; a value of the task's own stays. */
function environmentOf(
  definition: ContainerDefinition,
  override: ContainerOverride | undefined,
  launchType: TaskRow['launchType'],
): Record<string, string> {
  const environment = new Map([['AWS_EXECUTION_ENV', launchType === 'FARGATE' ? 'AWS_ECS_FARGATE' : 'AWS_ECS_EC2']]);
  for (const pair of [...(definition.environment ?? []), ...(override?.environment ?? [])]) {
    if (pair.name) environment.set(pair.name, pair.value ?? '');
  }
  return Object.fromEntries(environment);
}

function portMapping(mapping: PortMapping, networkMode: NetworkMode): AgentPortMapping {
  const protocol = mapping.protocol === 'udp' ? 'udp' : 'tcp';
  if (mapping.containerPortRange) return { containerPortRange: mapping.containerPortRange, protocol };
  const sharesHost = networkMode === 'host' || networkMode === 'awsvpc';
  const hostPort = mapping.hostPort || (sharesHost ? mapping.containerPort : 0);
  return { containerPort: mapping.containerPort, hostPort, protocol };
}

/**
 * Agents look an answer of Parameter Store up by the name that they asked for: an ARN whose name is beyond doubt becomes it.
 * (`parameter/a` may be the parameter `a` or `/a`.)
 */
function parameterName(valueFrom: string, task: Pick<TaskRow, 'account' | 'region'>): string {
  const arn = parseArn(valueFrom);
  const name = /^parameter(\/.+\/.+)$/.exec(arn?.resource ?? '')?.[1];
  return name && arn?.account === task.account ? name : valueFrom;
}

/** A Secrets Manager ARN may end `:json-key:stage:version`; everything else is a parameter's name or ARN. */
function secret(one: Secret, target: AgentSecret['target'], task: TaskRow): AgentSecret {
  const arn = parseArn(one.valueFrom ?? '');
  const isSecret = arn?.service === 'secretsmanager';
  return {
    name: one.name!,
    valueFrom: isSecret ? one.valueFrom! : parameterName(one.valueFrom!, task),
    region: arn?.region || task.region,
    provider: isSecret ? 'asm' : 'ssm',
    type: 'ENVIRONMENT_VARIABLE',
    target,
  };
}

function secretsOf(definition: ContainerDefinition, task: TaskRow): AgentSecret[] {
  return [
    ...(definition.secrets ?? []).map((one) => secret(one, 'CONTAINER', task)),
    ...(definition.logConfiguration?.secretOptions ?? []).map((one) => secret(one, 'LOG_DRIVER', task)),
  ];
}

const list = <T>(items: readonly T[] | undefined): readonly T[] | undefined => (items?.length ? items : undefined);

interface TaskContext {
  readonly networkMode: NetworkMode;
  readonly hasExecutionRole: boolean;
  /** Base URL by which the agent reaches us. */
  readonly endpoint: string;
  readonly registryOf: RegistryOf;
}

/** The registry of ours that an image is in. */
export type RegistryOf = (image: string) => HeldRegistry | undefined;

const anyPrivate: RegistryOf = (image) => {
  const registry = registryOfImage(image);
  return registry && { ...registry, isPublic: false };
};

/** Images of our registries are pulled with a token of ECR; others with a secret, if the definition names one. */
function registryAuthentication(
  definition: ContainerDefinition,
  region: string,
  { hasExecutionRole, endpoint, registryOf }: TaskContext,
): AgentRegistryAuthentication | undefined {
  const credentialsParameter = definition.repositoryCredentials?.credentialsParameter;
  if (credentialsParameter) {
    const secretRegion = parseArn(credentialsParameter)?.region || region;
    return { type: 'asm', asmAuthData: { region: secretRegion, credentialsParameter } };
  }
  const registry = registryOf(definition.image ?? '');
  if (!registry) return undefined;
  return {
    type: 'ecr',
    ecrAuthData: {
      region: registry.region,
      registryId: registry.account,
      endpointOverride: endpoint,
      useExecutionRole: hasExecutionRole && !registry.isPublic,
    },
  };
}

function container(task: TaskRow, definition: ContainerDefinition, context: TaskContext): AgentContainer {
  const { networkMode } = context;
  const override = task.overrides.containerOverrides?.find((one) => one.name === definition.name);
  const row = task.containers.find((one) => one.name === definition.name);
  const memory = override?.memory ?? definition.memory ?? 0;
  const memoryReservation = override?.memoryReservation ?? definition.memoryReservation ?? 0;
  const config = containerConfig(definition);
  const sizes = { memoryMiB: memory, memoryReservationMiB: memoryReservation };
  const host = hostConfig(definition, sizes, networkMode, { taskId: lastSegment(task.arn), region: task.region });
  const { restartPolicy } = definition;
  return {
    name: definition.name!,
    image: definition.image!,
    containerArn: row?.arn,
    essential: definition.essential ?? true,
    command: list(override?.command ?? definition.command),
    entryPoint: list(definition.entryPoint),
    links: list(definition.links),
    cpu: override?.cpu ?? definition.cpu ?? 0,
    memory,
    environment: environmentOf(definition, override, task.launchType),
    portMappings: list(definition.portMappings?.map((mapping) => portMapping(mapping, networkMode))),
    mountPoints: list(
      definition.mountPoints?.map((mount) => ({
        sourceVolume: mount.sourceVolume!,
        containerPath: mount.containerPath!,
        readOnly: mount.readOnly ?? false,
      })),
    ),
    volumesFrom: list(
      definition.volumesFrom?.map((from) => ({
        sourceContainer: from.sourceContainer!,
        readOnly: from.readOnly ?? false,
      })),
    ),
    dependsOn: list(
      definition.dependsOn?.map((dependency) => ({
        containerName: dependency.containerName!,
        condition: dependency.condition!,
      })),
    ),
    registryAuthentication: registryAuthentication(definition, task.region, context),
    logsAuthStrategy:
      context.hasExecutionRole && definition.logConfiguration?.logDriver === 'awslogs' ? 'ExecutionRole' : undefined,
    secrets: list(secretsOf(definition, task)),
    environmentFiles: list(
      (override?.environmentFiles ?? definition.environmentFiles)?.map((file) => ({
        type: 's3' as const,
        value: file.value!,
      })),
    ),
    healthCheckType: definition.healthCheck ? 'docker' : undefined,
    restartPolicy: restartPolicy?.enabled
      ? {
          enabled: true,
          ignoredExitCodes: list(restartPolicy.ignoredExitCodes),
          restartAttemptPeriod: restartPolicy.restartAttemptPeriod,
        }
      : undefined,
    startTimeout: definition.startTimeout,
    stopTimeout: definition.stopTimeout,
    dockerConfig: {
      version: definition.healthCheck?.startPeriod ? startPeriodVersion : plainVersion,
      config: config && JSON.stringify(config),
      hostConfig: JSON.stringify(host),
    },
  };
}

function volume(definition: Volume): AgentVolume {
  const { dockerVolumeConfiguration: docker } = definition;
  if (docker) {
    return {
      name: definition.name!,
      type: 'docker',
      dockerVolumeConfiguration: {
        scope: docker.scope ?? 'task',
        autoprovision: docker.autoprovision ?? false,
        driver: docker.driver ?? 'local',
        driverOpts: docker.driverOpts ?? {},
        labels: docker.labels ?? {},
      },
    };
  }
  const sourcePath = definition.host?.sourcePath;
  return { name: definition.name!, type: 'host', host: sourcePath ? { sourcePath } : {} };
}

/** What the definition asks for and this link has no words for; such a task must not be sent. */
export function unsupportedIn(definition: TaskDefinitionRow): string | undefined {
  const volumes = definition.volumes.filter(
    (one) =>
      one.efsVolumeConfiguration ||
      one.s3filesVolumeConfiguration ||
      one.fsxWindowsFileServerVolumeConfiguration ||
      one.configuredAtLaunch,
  );
  if (volumes.length > 0) return `volume ${volumes[0]!.name} is of a type that is not implemented`;
  const firelens = definition.containerDefinitions.find((one) => one.firelensConfiguration);
  if (firelens) return `firelensConfiguration of container ${firelens.name} is not implemented`;
  if (definition.proxyConfiguration) return 'proxyConfiguration is not implemented';
  return definition.networkMode === 'awsvpc' ? 'network mode awsvpc is not implemented' : undefined;
}

/**
 * A task that shall run, whole but for credentials. Members that are undefined are left out as the message is written.
 * `endpoint`: base URL by which the agent reaches us. `registryOf`: by default all that look like registries of ECR.
 */
export function taskPayload(
  task: TaskRow,
  definition: TaskDefinitionRow,
  endpoint: string,
  registryOf: RegistryOf = anyPrivate,
): AgentTask {
  const networkMode = definition.networkMode ?? 'bridge';
  const hasExecutionRole = roleArnsOf(task, definition).TaskExecution !== undefined;
  const context = { networkMode, hasExecutionRole, endpoint, registryOf };
  return {
    arn: task.arn,
    desiredStatus: 'RUNNING',
    taskClusterArn: task.clusterArn,
    family: definition.family,
    version: String(definition.revision),
    group: task.group,
    serviceName: task.serviceArn && lastSegment(task.serviceArn),
    launchType: task.launchType,
    networkMode,
    pidMode: definition.pidMode,
    ipcMode: definition.ipcMode,
    cpu: vcpu(task.overrides.cpu ?? definition.cpu),
    memory: mebibytes(task.overrides.memory ?? definition.memory),
    containers: definition.containerDefinitions.map((one) => container(task, one, context)),
    volumes: list(definition.volumes.map(volume)),
  };
}

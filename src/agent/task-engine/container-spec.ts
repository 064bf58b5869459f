import type { AgentContainer, AgentVolume } from '#model/agent-messages.ts';
import type { ContainerConfig, ContainerSpec, HostConfig } from '../engine-api/engine.ts';
import type { NetworkBinding } from './running-tasks.ts';
import { type EngineContainer, type EngineTask, findContainer, runtimeName } from './task.ts';
import type { ContainerResources } from './task-resources.ts';

/**
 * Builds the engine's container from the payload's. What `dockerConfig` carries overrides what is built here, key by
 * key, except labels and environment, which come together. Pure.
 */
export interface SpecInput {
  readonly task: EngineTask;
  readonly container: EngineContainer;
  /** Name the agent is registered with. */
  readonly cluster: string;
  /** From the metadata endpoint and its like; the task definition's own values win. */
  readonly environment: Readonly<Record<string, string>>;
  /** Values of secrets: they go into `spec` and nowhere else. */
  readonly resources: ContainerResources;
  readonly bindings: readonly NetworkBinding[];
  readonly cgroupParent?: string;
}

export interface BuiltContainer {
  readonly spec: ContainerSpec;
  /** As the task asks, before awslogs is turned into a local file. */
  readonly logDriver: string;
  readonly logOptions: Readonly<Record<string, string>>;
}

const mebibyte = 1024 * 1024;
/** Docker refuses less. */
const leastMemoryMiB = 4;
const leastCpuShares = 2;
const mostCpuShares = 262_144;

/**
 * Where awslogs containers write until their lines are shipped: 4 files of 64 MiB. Smaller loses lines when the control
 * plane is away for long; larger fills disks.
 */
const shippedLogs = { Type: 'json-file', Config: { 'max-size': '64m', 'max-file': '4' } } as const;

export const labelPrefix = 'com.amazonaws.ecs.';
export const taskArnLabel = `${labelPrefix}task-arn`;
export const containerNameLabel = `${labelPrefix}container-name`;

const parseObject = (text: string | undefined): Record<string, unknown> => (text ? JSON.parse(text) : {});

/** The Docker volume behind a task's volume, and whether it is the task's own. */
export function volumeName(task: EngineTask, volume: AgentVolume): { readonly name: string; readonly own: boolean } {
  const shared = volume.type === 'docker' && volume.dockerVolumeConfiguration?.scope === 'shared';
  return shared ? { name: volume.name, own: false } : { name: runtimeName(task.payload, volume.name), own: true };
}

function toBinds(task: EngineTask, container: AgentContainer): string[] {
  return (container.mountPoints ?? []).map((point) => {
    const volume = task.payload.volumes!.find((candidate) => candidate.name === point.sourceVolume)!;
    const source = volume.host?.sourcePath || volumeName(task, volume).name;
    return `${source}:${point.containerPath}${point.readOnly ? ':ro' : ''}`;
  });
}

function toRuntimeLink(task: EngineTask, link: string): string {
  const [name = '', alias = name] = link.split(':');
  return `${findContainer(task, name)!.runtimeName}:${alias}`;
}

function* rangePorts(range: string): Generator<number> {
  const [first = 0, last = first] = range.split('-').map(Number);
  for (let port = first; port <= last; port++) yield port;
}

/** Docker's `80/tcp` → host ports. */
export function toPortBindings(
  bindings: readonly NetworkBinding[],
): Record<string, { HostIp: string; HostPort: string }[]> {
  const out: Record<string, { HostIp: string; HostPort: string }[]> = {};
  const add = (containerPort: number, hostPort: number, protocol: string) => {
    const key = `${containerPort}/${protocol}`;
    out[key] = [...(out[key] ?? []), { HostIp: '', HostPort: String(hostPort) }];
  };
  for (const binding of bindings) {
    if (binding.containerPortRange && binding.hostPortRange) {
      const hostPorts = [...rangePorts(binding.hostPortRange)];
      let index = 0;
      for (const port of rangePorts(binding.containerPortRange)) add(port, hostPorts[index++]!, binding.protocol);
    } else if (binding.containerPort && binding.hostPort)
      add(binding.containerPort, binding.hostPort, binding.protocol);
  }
  return out;
}

function buildHostConfig(input: SpecInput, networkMode: string | undefined): HostConfig {
  const { task, container, bindings } = input;
  const { payload } = container;
  // Where the task has no control group of its own, each container gets the task's limits at most.
  const ungrouped = input.cgroupParent ? {} : { cpu: task.payload.cpu, memory: task.payload.memory };
  const limitMiB = payload.memory || ungrouped.memory || 0;
  const memoryMiB = limitMiB ? Math.max(limitMiB, leastMemoryMiB) : 0;
  const bridged = networkMode === undefined || networkMode === 'bridge' || networkMode === 'default';
  return {
    ...(networkMode ? { NetworkMode: networkMode } : {}),
    Binds: toBinds(task, payload),
    VolumesFrom: (payload.volumesFrom ?? []).map(
      (from) => `${findContainer(task, from.sourceContainer)!.runtimeName}${from.readOnly ? ':ro' : ''}`,
    ),
    Links: (payload.links ?? []).map((link) => toRuntimeLink(task, link)),
    ...(bridged && bindings.length ? { PortBindings: toPortBindings(bindings) } : {}),
    Memory: memoryMiB * mebibyte,
    CpuShares: Math.min(mostCpuShares, Math.max(leastCpuShares, payload.cpu ?? 0)),
    ...(ungrouped.cpu ? { NanoCpus: Math.round(ungrouped.cpu * 1e9) } : {}),
    ...(input.cgroupParent ? { CgroupParent: input.cgroupParent } : {}),
  };
}

const regionNames = ['AWS_REGION', 'AWS_DEFAULT_REGION'];

/** Clients read the one name or the other: where the definition sets one, the other must not say something else. */
function withoutRegionOf(
  defined: Readonly<Record<string, string>>,
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  const isSet = regionNames.some((name) => Object.hasOwn(defined, name));
  return Object.fromEntries(Object.entries(given).filter(([name]) => !isSet || !regionNames.includes(name)));
}

function buildConfig(input: SpecInput, ownLabels: Readonly<Record<string, string>>): ContainerConfig {
  const { container, bindings, environment } = input;
  const { payload } = container;
  const overridden = parseObject(payload.overrides)['command'] as string[] | undefined;
  const command = overridden ?? payload.command;
  const defined = { ...payload.environment, ...input.resources.environment };
  const environmentLines = Object.entries({ ...withoutRegionOf(defined, environment), ...defined });
  return {
    Image: container.imageReference ?? payload.image,
    ...(command?.length ? { Cmd: command } : {}),
    ...(payload.entryPoint?.length ? { Entrypoint: payload.entryPoint } : {}),
    Env: environmentLines.map(([name, value]) => `${name}=${value}`),
    Labels: ownLabels,
    ...(bindings.length
      ? { ExposedPorts: Object.fromEntries(Object.keys(toPortBindings(bindings)).map((key) => [key, {}])) }
      : {}),
  };
}

/** Where the payload's network mode comes from: hostConfig first, the task's own word after it. */
export function networkModeOf(task: EngineTask, container: EngineContainer): string | undefined {
  const given = parseObject(container.payload.dockerConfig?.hostConfig)['NetworkMode'];
  return typeof given === 'string' && given ? given : task.payload.networkMode;
}

function logConfigOf(given: NonNullable<HostConfig['LogConfig']>, { logOptions }: ContainerResources) {
  if (given.Type === 'awslogs') return { LogConfig: shippedLogs };
  return Object.keys(logOptions).length > 0
    ? { LogConfig: { ...given, Config: { ...given.Config, ...logOptions } } }
    : {};
}

export function buildContainer(input: SpecInput): BuiltContainer {
  const { task, container } = input;
  const { payload } = container;
  const givenConfig = parseObject(payload.dockerConfig?.config) as ContainerConfig;
  const givenHostConfig = parseObject(payload.dockerConfig?.hostConfig) as HostConfig;
  const labels = {
    ...givenConfig.Labels,
    [`${labelPrefix}cluster`]: input.cluster,
    [containerNameLabel]: payload.name,
    [taskArnLabel]: task.arn,
    [`${labelPrefix}task-definition-family`]: task.payload.family ?? '',
    [`${labelPrefix}task-definition-version`]: task.payload.version ?? '',
  };
  const hostConfig: HostConfig = { ...buildHostConfig(input, networkModeOf(task, container)), ...givenHostConfig };
  const logConfig = hostConfig.LogConfig ?? { Type: 'json-file' };
  return {
    spec: {
      name: container.runtimeName,
      config: { ...buildConfig(input, labels), ...givenConfig, Labels: labels },
      hostConfig: { ...hostConfig, ...logConfigOf(logConfig, input.resources) },
    },
    logDriver: logConfig.Type || 'json-file',
    logOptions: logConfig.Config ?? {},
  };
}

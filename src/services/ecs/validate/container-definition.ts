/**
 * One container definition: its own rules and the defaults that DescribeTaskDefinition answers. Rules between
 * containers are in dependencies.ts and ports.ts.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
 */
import type { ContainerDefinition, ContainerRestartPolicy, KeyValuePair } from '@aws-sdk/client-ecs';
import type { NetworkMode } from '#model/rows.ts';
import { clientException } from '../errors.ts';
import { badSetting, compact, firstDuplicate, isWhole, notSupported } from './check.ts';
import { checkHealthCheck } from './health-check.ts';
import { checkLinuxParameters, checkSecurityOptions, checkSystemControls, checkUlimits } from './linux.ts';
import { checkLogConfiguration } from './log-configuration.ts';
import { checkPortMappings } from './ports.ts';
import { checkSecrets } from './secrets.ts';

export interface TaskSettings {
  readonly networkMode: NetworkMode;
  readonly ipcMode?: string;
  /** MiB; absent when the task has no memory of its own, and then every container must say its memory. */
  readonly taskMemoryMiB?: number;
  readonly hasExecutionRole?: boolean;
}

const namePattern = /^[a-zA-Z0-9_-]{1,255}$/;
const imagePattern = /^[a-zA-Z0-9_\-.:/@#]{1,255}$/;
const maxInt = 2 ** 31 - 1;
/** Docker refuses containers with a hard limit below 6 MiB. */
const minMemoryMiB = 6;
const maxIgnoredExitCodes = 50;

/** Members that need a part of AWS which is not served yet. */
function refuseUnsupported(container: ContainerDefinition): void {
  const refuse = (member: string) => {
    throw notSupported(`${member} of container '${container.name}'`);
  };
  if (container.environmentFiles?.length) refuse('environmentFiles');
  if (container.firelensConfiguration) refuse('firelensConfiguration');
  if (container.credentialSpecs?.length) refuse('credentialSpecs');
  if (container.resourceRequirements?.length) refuse('resourceRequirements');
  if (container.versionConsistency === 'enabled') refuse('versionConsistency enabled');
}

function checkNameAndImage({ name, image }: ContainerDefinition): void {
  if (!name) throw clientException('Container.name should not be null or empty.');
  if (!namePattern.test(name)) throw clientException('Container.name contains invalid characters.');
  if (!image) throw clientException('Container.image should not be null or empty.');
  if (!imagePattern.test(image)) throw clientException('Container.image contains invalid characters.');
}

function checkSizes(container: ContainerDefinition, taskMemoryMiB: number | undefined): void {
  const { name, cpu, memory, memoryReservation } = container;
  const bad = (why: string) => clientException(`Invalid setting for container '${name}'. ${why}`);
  if (cpu !== undefined && !isWhole(cpu, 0, maxInt)) throw bad(`'cpu' must be a whole number from 0 to ${maxInt}.`);
  for (const [member, value] of Object.entries({ memory, memoryReservation })) {
    if (value !== undefined && !isWhole(value, minMemoryMiB, maxInt)) {
      throw bad(`'${member}' must be a whole number of MiB from ${minMemoryMiB} to ${maxInt}.`);
    }
  }
  if (memory === undefined && memoryReservation === undefined && taskMemoryMiB === undefined) {
    throw bad("At least one of 'memory' or 'memoryReservation' must be specified.");
  }
  if (memory !== undefined && memoryReservation !== undefined && memoryReservation > memory) {
    throw bad("'memory' must be greater than or equal to 'memoryReservation'.");
  }
  if (memory !== undefined && taskMemoryMiB !== undefined && memory > taskMemoryMiB) {
    throw clientException(`The 'memory' setting for container '${name}' is greater than for the task.`);
  }
}

function checkRestartPolicy(container: string, policy: ContainerRestartPolicy): void {
  const { ignoredExitCodes, restartAttemptPeriod } = policy;
  if (restartAttemptPeriod !== undefined && !isWhole(restartAttemptPeriod, 60, 1800)) {
    throw clientException(
      `The 'restartAttemptPeriod' setting for container '${container}' must be between 60 and 1800.`,
    );
  }
  if (ignoredExitCodes && ignoredExitCodes.length > maxIgnoredExitCodes) {
    throw badSetting(container, 'restartPolicy', `'ignoredExitCodes' can have at most ${maxIgnoredExitCodes} codes.`);
  }
  if (ignoredExitCodes?.some((code) => !isWhole(code, 0, 255))) {
    throw badSetting(container, 'restartPolicy', "'ignoredExitCodes' must be between 0 and 255.");
  }
}

function checkNames(container: string, setting: string, pairs: readonly KeyValuePair[]): void {
  for (const { name } of pairs) {
    if (!name) throw badSetting(container, setting, "'name' should not be null or empty.");
  }
}

/** In awsvpc mode the network belongs to the task, so a container cannot shape its own. */
function checkNetwork(container: ContainerDefinition, mode: NetworkMode): void {
  if (container.hostname && !/^[a-zA-Z0-9.-]{1,255}$/.test(container.hostname)) {
    throw badSetting(container.name!, 'hostname', 'It contains invalid characters.');
  }
  for (const { hostname, ipAddress } of container.extraHosts ?? []) {
    if (!hostname || !ipAddress) {
      throw badSetting(container.name!, 'extraHosts', "Both 'hostname' and 'ipAddress' must be specified.");
    }
  }
  if (container.disableNetworking && container.portMappings?.length) {
    throw badSetting(container.name!, 'portMappings', 'Networking is disabled for the container.');
  }
  if (mode !== 'awsvpc') return;
  const refused: [string, unknown][] = [
    ['Disable Networking is', container.disableNetworking],
    ['hostname is', container.hostname],
    ['Extra hosts are', container.extraHosts?.length],
    ['DNS servers are', container.dnsServers?.length],
    ['DNS search domains are', container.dnsSearchDomains?.length],
  ];
  const first = refused.find(([, value]) => value);
  if (first) throw clientException(`${first[0]} not supported on container when networkMode=awsvpc.`);
}

function checkTimeouts(container: ContainerDefinition): void {
  const { name, startTimeout, stopTimeout } = container;
  if (startTimeout !== undefined && !isWhole(startTimeout, 2, maxInt)) {
    throw badSetting(name!, 'startTimeout', 'It must be at least 2 seconds.');
  }
  if (stopTimeout !== undefined && !isWhole(stopTimeout, 0, maxInt)) {
    throw badSetting(name!, 'stopTimeout', 'It must be at least 0 seconds.');
  }
}

/** The definition with ECS's defaults filled in, or the ClientException that AWS answers. */
export function checkContainer(given: ContainerDefinition, task: TaskSettings): ContainerDefinition {
  checkNameAndImage(given);
  const name = given.name!;
  refuseUnsupported(given);
  checkSizes(given, task.taskMemoryMiB);
  checkNetwork(given, task.networkMode);
  checkTimeouts(given);
  if (given.restartPolicy) checkRestartPolicy(name, given.restartPolicy);
  checkNames(name, 'environment', given.environment ?? []);
  checkSecrets(given, task.hasExecutionRole === true);
  if (given.ulimits) checkUlimits(name, given.ulimits);
  if (given.linuxParameters) checkLinuxParameters(name, given.linuxParameters);
  checkSystemControls(name, given.systemControls ?? [], task.networkMode, task.ipcMode);
  checkSecurityOptions(name, given.dockerSecurityOptions ?? []);
  return compact({
    ...given,
    cpu: given.cpu ?? 0,
    essential: given.essential ?? true,
    portMappings: checkPortMappings(name, given.portMappings ?? [], task.networkMode),
    environment: (given.environment ?? []).map((pair) => ({ name: pair.name, value: pair.value ?? '' })),
    mountPoints: given.mountPoints ?? [],
    volumesFrom: given.volumesFrom ?? [],
    systemControls: given.systemControls ?? [],
    logConfiguration: given.logConfiguration && checkLogConfiguration(name, given.logConfiguration),
    healthCheck: given.healthCheck && checkHealthCheck(name, given.healthCheck),
  });
}

/** Names are unique and at least one container is essential. */
export function checkContainersTogether(containers: readonly ContainerDefinition[]): void {
  if (firstDuplicate(containers.map((container) => container.name!)) !== undefined) {
    throw clientException('Container names must be unique within a task definition.');
  }
  if (!containers.some((container) => container.essential)) {
    throw clientException("Task definition doesn't have any essential container");
  }
}

/**
 * The rules of RegisterTaskDefinition. `checkTaskDefinition` answers the definition as it is kept and described, or
 * throws the first thing that AWS would refuse; what cannot act here is refused too, by the name of its member.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html
 */
import type { ContainerDefinition, RegisterTaskDefinitionRequest, RuntimePlatform } from '@aws-sdk/client-ecs';
import { partitionOf, type Scope } from '#model/arn.ts';
import type { NetworkMode, TaskDefinitionRow } from '#model/rows.ts';
import { InvalidPlacement, parseConstraints } from '#placement/parse-request.ts';
import { requiredAttributes } from '../capabilities.ts';
import { clientException } from '../errors.ts';
import { compact, isWhole, notSupported } from './check.ts';
import { checkContainer, checkContainersTogether } from './container-definition.ts';
import { checkDependencies } from './dependencies.ts';
import { type FargateCandidate, fargateProblem } from './fargate.ts';
import { checkPortsOfTask } from './ports.ts';
import { parseTaskCpu, parseTaskMemory } from './task-size.ts';
import { checkMountPoints, checkVolumes } from './volumes.ts';

export type CheckedTaskDefinition = Omit<
  TaskDefinitionRow,
  'arn' | 'account' | 'region' | 'revision' | 'status' | 'registeredAt' | 'registeredBy' | 'tags'
>;

const familyPattern = /^[a-zA-Z0-9_-]{1,255}$/;
const networkModes: readonly string[] = ['bridge', 'host', 'none', 'awsvpc'];
const compatibilityNames: readonly string[] = ['EC2', 'FARGATE', 'EXTERNAL'];
/** AWS's quotas: containers per definition, bytes of a definition. */
const maxContainers = 10;
const maxDefinitionBytes = 65_536;

function checkOneOf(setting: string, value: string | undefined, allowed: readonly string[]): void {
  if (value !== undefined && !allowed.includes(value)) {
    throw clientException(`Invalid '${setting}' setting for task. '${value}' must be one of [${allowed.join(',')}].`);
  }
}

/** A role's name or ARN as its ARN. */
function toRoleArn(scope: Scope, nameOrArn: string | undefined): string | undefined {
  if (!nameOrArn) return undefined;
  if (/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,576}$/.test(nameOrArn)) return nameOrArn;
  if (!/^[\w+=,.@-]{1,64}$/.test(nameOrArn)) throw clientException('Role is not valid');
  return `arn:${partitionOf(scope.region)}:iam::${scope.account}:role/${nameOrArn}`;
}

/** A task definition knows only memberOf; its expression must parse. */
function checkConstraints(given: RegisterTaskDefinitionRequest): void {
  for (const { type } of given.placementConstraints ?? []) {
    checkOneOf('placementConstraints', type ?? 'null', ['memberOf']);
  }
  try {
    parseConstraints(given.placementConstraints ?? []);
  } catch (error) {
    if (error instanceof InvalidPlacement) throw clientException(error.message);
    throw error;
  }
}

function checkTaskSettings(given: RegisterTaskDefinitionRequest): void {
  if (!given.family) throw clientException('Family can not be blank.');
  if (!familyPattern.test(given.family)) throw clientException('Family contains invalid characters.');
  checkOneOf('networkMode', given.networkMode, networkModes);
  checkOneOf('pidMode', given.pidMode, ['host', 'task']);
  checkOneOf('ipcMode', given.ipcMode, ['host', 'task', 'none']);
  if (given.requiresCompatibilities?.includes('MANAGED_INSTANCES')) {
    throw notSupported('requiresCompatibilities MANAGED_INSTANCES');
  }
  for (const name of given.requiresCompatibilities ?? []) {
    checkOneOf('requiresCompatibilities', name, compatibilityNames);
  }
  if (given.proxyConfiguration) throw notSupported('proxyConfiguration');
  if (given.inferenceAccelerators?.length) throw notSupported('inferenceAccelerators');
  if (given.enableFaultInjection) throw notSupported('enableFaultInjection');
  checkConstraints(given);
}

function checkPlatform(platform: RuntimePlatform | undefined): void {
  checkOneOf('cpuArchitecture', platform?.cpuArchitecture, ['X86_64', 'ARM64']);
  const system = platform?.operatingSystemFamily;
  if (system?.startsWith('WINDOWS_SERVER')) throw notSupported(`runtimePlatform.operatingSystemFamily ${system}`);
  checkOneOf('operatingSystemFamily', system, ['LINUX']);
}

function checkEphemeralStorage(given: RegisterTaskDefinitionRequest): void {
  if (!given.ephemeralStorage) return;
  if (!given.requiresCompatibilities?.includes('FARGATE')) {
    throw clientException('Tasks using the EC2 launch type do not support EphemeralStorage');
  }
  const sizeGiB = given.ephemeralStorage.sizeInGiB;
  if (!isWhole(sizeGiB, 21, Number.MAX_SAFE_INTEGER)) {
    throw clientException('EphemeralStorage size should be at least 21');
  }
  if (sizeGiB! > 200) throw clientException('EphemeralStorage size should be at most 200');
}

/** What all containers ask for must fit the size of the task, where it has one. */
function checkSums(containers: readonly ContainerDefinition[], cpuUnits?: number, memoryMiB?: number): void {
  for (const [member, size, limit] of [
    ['cpu', 'cpu', cpuUnits],
    ['memoryReservation', 'memory', memoryMiB],
  ] as const) {
    const sum = containers.reduce((total, container) => total + (container[member] ?? 0), 0);
    if (limit !== undefined && sum > limit) {
      throw clientException(
        `The sum of all container '${member}' values cannot be greater than the value of the task '${size}'.`,
      );
    }
  }
}

/** The launch types that the definition fits; asking for one that it does not fit is refused. */
function compatibilitiesOf(candidate: FargateCandidate): string[] {
  const wanted: readonly string[] = candidate.given.requiresCompatibilities ?? [];
  if (candidate.given.networkMode !== 'awsvpc') {
    if (wanted.includes('FARGATE')) throw clientException(fargateProblem(candidate)!);
    return ['EXTERNAL', 'EC2'];
  }
  if (wanted.includes('EXTERNAL')) {
    throw clientException('External launch type does not support network mode awsvpc.');
  }
  const problem = fargateProblem(candidate);
  if (problem && wanted.includes('FARGATE')) throw clientException(problem);
  return problem ? ['EC2'] : ['EC2', 'FARGATE'];
}

function checkLength(definition: unknown): void {
  const length = Buffer.byteLength(JSON.stringify(definition));
  if (length > maxDefinitionBytes) {
    throw clientException(`Actual length: '${length}'. Max allowed length is '${maxDefinitionBytes}' bytes.`);
  }
}

function checkContainers(given: RegisterTaskDefinitionRequest, memoryMiB: number | undefined): ContainerDefinition[] {
  const definitions = given.containerDefinitions ?? [];
  if (definitions.length === 0) throw clientException('Container list cannot be empty.');
  if (definitions.length > maxContainers) {
    throw clientException('Too many containers.');
  }
  const networkMode: NetworkMode = given.networkMode ?? 'bridge';
  const settings = compact({
    networkMode,
    ipcMode: given.ipcMode,
    taskMemoryMiB: memoryMiB,
    hasExecutionRole: Boolean(given.executionRoleArn),
  });
  const containers = definitions.map((definition) => checkContainer(definition, settings));
  checkContainersTogether(containers);
  checkDependencies(containers, networkMode);
  checkPortsOfTask(containers, networkMode);
  return containers;
}

export function checkTaskDefinition(scope: Scope, given: RegisterTaskDefinitionRequest): CheckedTaskDefinition {
  checkTaskSettings(given);
  checkPlatform(given.runtimePlatform);
  checkEphemeralStorage(given);
  const cpuUnits = given.cpu === undefined ? undefined : parseTaskCpu(given.cpu);
  const memoryMiB = given.memory === undefined ? undefined : parseTaskMemory(given.memory);
  const containerDefinitions = checkContainers(given, memoryMiB);
  checkSums(containerDefinitions, cpuUnits, memoryMiB);
  const volumes = checkVolumes(given.volumes ?? []);
  for (const container of containerDefinitions) checkMountPoints(container, volumes);
  const roles = compact({
    taskRoleArn: toRoleArn(scope, given.taskRoleArn),
    executionRoleArn: toRoleArn(scope, given.executionRoleArn),
  });
  const used = compact({
    containerDefinitions,
    volumes,
    networkMode: given.networkMode as NetworkMode | undefined,
    pidMode: given.pidMode,
    ipcMode: given.ipcMode,
    ...roles,
  });
  checkLength(used);
  return compact({
    ...used,
    family: given.family!,
    placementConstraints: given.placementConstraints ?? [],
    compatibilities: compatibilitiesOf({
      given,
      containers: containerDefinitions,
      ...compact({ cpuUnits, memoryMiB }),
    }),
    requiresCompatibilities: given.requiresCompatibilities?.length ? given.requiresCompatibilities : undefined,
    requiresAttributes: requiredAttributes(used),
    cpu: cpuUnits === undefined ? undefined : String(cpuUnits),
    memory: memoryMiB === undefined ? undefined : String(memoryMiB),
    runtimePlatform: given.runtimePlatform,
    ephemeralStorage: given.ephemeralStorage,
    enableFaultInjection: given.enableFaultInjection,
  }) as CheckedTaskDefinition;
}

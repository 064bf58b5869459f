/**
 * `requiresAttributes`: the capabilities that an instance must report before a task can be placed on it, derived from
 * what its definition uses. Names are those that the ECS agent reports; Docker API versions stand for features that
 * came with them.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement-constraints.html#attributes
 */
import type { Attribute, ContainerDefinition, Secret, Volume } from '@aws-sdk/client-ecs';
import { registryOfImage } from '#images/registry-of-image.ts';

export interface CapabilityInput {
  readonly containerDefinitions: readonly ContainerDefinition[];
  readonly volumes: readonly Volume[];
  readonly networkMode?: string;
  readonly pidMode?: string;
  readonly ipcMode?: string;
  readonly taskRoleArn?: string;
  readonly executionRoleArn?: string;
}

const aws = (name: string) => `com.amazonaws.ecs.capability.${name}`;
const ecs = (name: string) => `ecs.capability.${name}`;
const dockerApi = (version: string) => aws(`docker-remote-api.${version}`);

/** In a registry of ours, under AWS's names or at an address of Slipway's. */
export function isEcrImage(image: string): boolean {
  return registryOfImage(image) !== undefined;
}

const store = ({ valueFrom = '' }: Secret) => (/^arn:[^:]*:secretsmanager:/.test(valueFrom) ? 'asm' : 'ssm');

function* ofSecrets({ secrets, logConfiguration, repositoryCredentials }: ContainerDefinition): Generator<string> {
  for (const secret of secrets ?? []) yield ecs(`secrets.${store(secret)}.environment-variables`);
  for (const secret of logConfiguration?.secretOptions ?? []) {
    yield ecs(`secrets.${store(secret)}.bootstrap.log-driver`);
  }
  if (repositoryCredentials) yield ecs('private-registry-authentication.secretsmanager');
}

function* ofContainer(container: ContainerDefinition, executionRole: boolean): Generator<string> {
  const { linuxParameters: linux, logConfiguration: log } = container;
  if (container.privileged) yield aws('privileged-container');
  if (log) {
    yield aws(`logging-driver.${log.logDriver}`);
    yield dockerApi(log.logDriver === 'awslogs' ? '1.19' : '1.18');
    if (log.logDriver === 'awslogs' && executionRole) yield ecs('execution-role-awslogs');
  }
  if (isEcrImage(container.image ?? '')) {
    yield aws('ecr-auth');
    if (executionRole) yield ecs('execution-role-ecr-pull');
  }
  if (container.ulimits?.length || Object.keys(container.dockerLabels ?? {}).length > 0) yield dockerApi('1.18');
  if (container.memoryReservation !== undefined) yield dockerApi('1.21');
  if (linux?.sharedMemorySize !== undefined || linux?.tmpfs?.length) yield dockerApi('1.22');
  if (container.systemControls?.length) yield dockerApi('1.24');
  if (linux?.initProcessEnabled) yield dockerApi('1.25');
  if (container.healthCheck) {
    yield ecs('container-health-check');
    yield dockerApi('1.29');
  }
  if (container.dependsOn?.length || container.startTimeout !== undefined || container.stopTimeout !== undefined) {
    yield ecs('container-ordering');
  }
  if (container.restartPolicy?.enabled) yield ecs('container-restart-policy');
  if (container.portMappings?.some((mapping) => mapping.containerPortRange !== undefined)) {
    yield ecs('network.container-port-range');
  }
  for (const option of container.dockerSecurityOptions ?? []) {
    if (option.startsWith('apparmor')) yield aws('apparmor');
    if (option.startsWith('label')) yield aws('selinux');
  }
}

function* ofTask(task: CapabilityInput): Generator<string> {
  if (task.taskRoleArn) yield aws(task.networkMode === 'host' ? 'task-iam-role-network-host' : 'task-iam-role');
  if (task.networkMode === 'awsvpc') {
    yield ecs('task-eni');
    yield dockerApi('1.18');
  }
  if (task.pidMode || task.ipcMode) {
    yield ecs('pid-ipc-namespace-sharing');
    if (task.pidMode) yield dockerApi('1.17');
  }
  for (const { dockerVolumeConfiguration: docker } of task.volumes) {
    if (!docker) continue;
    yield ecs(`docker-plugin.${docker.driver}`);
    yield dockerApi('1.25');
  }
}

/** Each attribute once, sorted by name. */
export function requiredAttributes(task: CapabilityInput): Attribute[] {
  const names = new Set(ofTask(task));
  for (const container of task.containerDefinitions) {
    for (const name of ofSecrets(container)) names.add(name);
    for (const name of ofContainer(container, task.executionRoleArn !== undefined)) names.add(name);
  }
  return [...names].sort().map((name) => ({ name }));
}

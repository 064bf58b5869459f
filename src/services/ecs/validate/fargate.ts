/**
 * What Fargate demands of a task definition, in AWS's words.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
 */
import type { ContainerDefinition, RegisterTaskDefinitionRequest } from '@aws-sdk/client-ecs';
import { isEcrImage } from '../capabilities.ts';
import { fargateLogDrivers } from './log-configuration.ts';
import { isFargateSize } from './task-size.ts';

export interface FargateCandidate {
  readonly given: RegisterTaskDefinitionRequest;
  readonly containers: readonly ContainerDefinition[];
  readonly cpuUnits?: number;
  readonly memoryMiB?: number;
}

function taskProblem({ given, cpuUnits, memoryMiB }: FargateCandidate): string | undefined {
  if (given.networkMode !== 'awsvpc') return 'Fargate only supports network mode ‘awsvpc’.';
  if (cpuUnits === undefined) return "Fargate requires that 'cpu' be defined at the task level.";
  if (memoryMiB === undefined) return "Fargate requires that 'memory' be defined at the task level.";
  if (!isFargateSize(cpuUnits, memoryMiB)) {
    return `No Fargate configuration exists for given values: ${cpuUnits} CPU, ${memoryMiB} memory. See the Amazon ECS documentation for the valid values.`;
  }
  if (given.pidMode === 'host') {
    return "Tasks using the Fargate launch type do not support pidMode 'host'. The supported value for pidMode is 'task'.";
  }
  if (given.ipcMode) return 'Fargate compatible task definitions do not support ipcMode';
  if (given.placementConstraints?.length) return 'Fargate compatible task definitions do not support constraints';
  for (const volume of given.volumes ?? []) {
    if (volume.host?.sourcePath) return 'Fargate compatible task definitions do not support sourcePath';
    if (volume.dockerVolumeConfiguration) {
      return 'Fargate compatible task definitions do not support dockerVolumeConfiguration';
    }
  }
  return undefined;
}

function containerProblem(container: ContainerDefinition, executionRoleArn: string | undefined): string | undefined {
  const unsupported = (what: string) => `Fargate compatible task definitions do not support ${what}`;
  const { linuxParameters: linux, logConfiguration: log } = container;
  if (container.privileged) return "Fargate requires that the 'privileged' setting be 'false'.";
  if (container.dockerSecurityOptions?.length) return unsupported('dockerSecurityOptions');
  if (linux?.devices?.length) return unsupported('devices');
  if (linux?.sharedMemorySize !== undefined) return unsupported('sharedMemorySize');
  if (linux?.tmpfs?.length) return unsupported('tmpfs');
  if (linux?.maxSwap !== undefined) return unsupported('maxSwap');
  if (linux?.swappiness !== undefined) return unsupported('swappiness');
  const capability = linux?.capabilities?.add?.find((name) => name !== 'SYS_PTRACE');
  if (capability) return `${capability} is not allowed on Fargate.`;
  if (container.startTimeout !== undefined && container.startTimeout > 120) {
    return `The 'startTimeout' setting for container '${container.name}' must be between 2 and 120.`;
  }
  if (container.stopTimeout !== undefined && container.stopTimeout > 120) {
    return `The 'stopTimeout' setting for container '${container.name}' must be between 0 and 120.`;
  }
  if (log && !(fargateLogDrivers as readonly string[]).includes(log.logDriver ?? '')) {
    return `${log.logDriver} is not a valid log driver. Must be one of [${fargateLogDrivers.join(',')}]`;
  }
  if (log?.logDriver === 'awslogs') {
    if (!log.options?.['awslogs-stream-prefix']) {
      return 'Fargate requires log configuration options to include awslogs-stream-prefix';
    }
    if (!executionRoleArn) {
      return 'Fargate requires task definition to have execution role ARN to support log driver awslogs.';
    }
  }
  if (isEcrImage(container.image ?? '') && !executionRoleArn) {
    return 'Fargate requires task definition to have execution role ARN to support ECR images.';
  }
  return undefined;
}

/** AWS's message for the first thing that Fargate does not take; undefined for a definition that fits. */
export function fargateProblem(candidate: FargateCandidate): string | undefined {
  const problem = taskProblem(candidate);
  if (problem) return problem;
  for (const container of candidate.containers) {
    const found = containerProblem(container, candidate.given.executionRoleArn);
    if (found) return found;
  }
  return undefined;
}

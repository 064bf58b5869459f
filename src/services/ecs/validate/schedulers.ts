/**
 * What DAEMON services and those of an EXTERNAL deployment controller take and what they refuse, in AWS's words where they
 * are known. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_services.html
 */
import type {
  CreateServiceCommandInput,
  DeploymentConfiguration,
  UpdateServiceCommandInput,
} from '@aws-sdk/client-ecs';
import type { ServiceRow } from '#model/rows.ts';
import { invalidParameter } from '../errors.ts';

/** One task an instance, so the old one goes before the new one comes. */
export const daemonDefaults: DeploymentConfiguration = { minimumHealthyPercent: 0, maximumPercent: 100 };

export const isExternallyDeployed = (input: CreateServiceCommandInput): boolean =>
  input.deploymentController?.type === 'EXTERNAL';

function checkDaemon(input: CreateServiceCommandInput | UpdateServiceCommandInput): void {
  if (input.desiredCount !== undefined) {
    throw invalidParameter(
      'The daemon scheduling strategy does not support a desired count for services. Remove the desired count value and try again',
    );
  }
  if (input.placementStrategy?.length) {
    throw invalidParameter(
      'The daemon scheduling strategy does not support placement strategies. Remove the placement strategy and try again',
    );
  }
  if ((input.deploymentConfiguration?.maximumPercent ?? 0) > 100) {
    throw invalidParameter(
      'The daemon scheduling strategy does not support values above 100 for maximumPercent on a deployment configuration. Change the maximumPercent value to 100, and try again',
    );
  }
  if (input.capacityProviderStrategy?.length) {
    throw invalidParameter(
      'Specifying a capacity provider strategy is not supported when you create a service using the DAEMON scheduling strategy.',
    );
  }
}

/** Members that belong to task sets, or to a deployment controller that ECS runs itself. */
function checkExternal(input: CreateServiceCommandInput): void {
  if (input.schedulingStrategy === 'DAEMON') {
    throw invalidParameter('The daemon scheduling strategy is not supported for the EXTERNAL deployment controller.');
  }
  if (input.taskDefinition) throw invalidParameter('TaskDefinition must be blank');
  if (input.launchType) throw invalidParameter('LaunchType must be blank');
  if (input.platformVersion) throw invalidParameter('PlatformVersion must be blank');
  if (input.networkConfiguration) throw invalidParameter('NetworkConfiguration must be blank');
  if (input.deploymentConfiguration?.deploymentCircuitBreaker?.enable) {
    throw invalidParameter('Deployment circuit breaker is not supported for the EXTERNAL deployment controller.');
  }
}

export function checkSchedulingStrategy(given: string | undefined): void {
  if (given !== undefined && given !== 'REPLICA' && given !== 'DAEMON') {
    throw invalidParameter('Scheduling strategy should be one of [REPLICA,DAEMON]');
  }
}

export function checkSchedulerMembers(input: CreateServiceCommandInput): void {
  checkSchedulingStrategy(input.schedulingStrategy);
  if (isExternallyDeployed(input)) checkExternal(input);
  else if (input.schedulingStrategy !== 'DAEMON' && input.desiredCount === undefined) {
    throw invalidParameter('DesiredCount is missing');
  }
  if (input.schedulingStrategy !== 'DAEMON') return;
  checkDaemon(input);
  if (input.launchType === 'FARGATE') {
    throw invalidParameter('The daemon scheduling strategy is not supported for the FARGATE launch type.');
  }
}

/** As checkSchedulerMembers, for a service that is there. */
export function checkSchedulerUpdate(row: ServiceRow, input: UpdateServiceCommandInput): void {
  if (row.schedulingStrategy === 'DAEMON') checkDaemon(input);
  const given = input.deploymentController?.type;
  if (given !== undefined && given !== row.deploymentController.type) {
    throw invalidParameter('Updating the deployment controller of a service is not supported here yet.');
  }
  if (row.deploymentController.type !== 'EXTERNAL') return;
  const what = input.taskDefinition
    ? 'Unable to update task definition'
    : input.forceNewDeployment
      ? 'Cannot force a new deployment'
      : undefined;
  if (what) throw invalidParameter(`${what} on services with a EXTERNAL deployment controller.`);
  if (input.deploymentConfiguration?.deploymentCircuitBreaker?.enable) {
    throw invalidParameter('Deployment circuit breaker is not supported for the EXTERNAL deployment controller.');
  }
}

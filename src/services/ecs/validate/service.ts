/**
 * The members that CreateService and UpdateService share. What Slipway cannot act on yet is refused here, never kept
 * and ignored. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html
 */
import type {
  CreateServiceCommandInput,
  DeploymentCircuitBreaker,
  DeploymentConfiguration,
  PlacementConstraint,
  PlacementStrategy,
  UpdateServiceCommandInput,
} from '@aws-sdk/client-ecs';
import { normaliseStrategy, parseConstraints, parseStrategies } from '#placement/parse-request.ts';
import { invalidParameter } from '../errors.ts';
import { checkPlacement, notServedYet } from '../launch-request.ts';

/** More: one service's tasks alone would fill the memory. AWS's own quota (5,000) is one that can be turned on. */
const maxDesiredCount = 1_000_000;

type Common = CreateServiceCommandInput | UpdateServiceCommandInput;

/** Members that need a part of AWS which is not served yet. */
export function refuseUnsupported(input: Common): void {
  const controller = input.deploymentController?.type;
  if (controller !== undefined && controller !== 'ECS' && controller !== 'EXTERNAL')
    throw notServedYet(`The ${controller} deployment controller`);
  if (input.loadBalancers?.length) throw notServedYet('loadBalancers');
  if (input.serviceRegistries?.length) throw notServedYet('serviceRegistries');
  if (input.serviceConnectConfiguration?.enabled) throw notServedYet('serviceConnectConfiguration');
  if (input.capacityProviderStrategy?.length) throw notServedYet('capacityProviderStrategy');
  if (input.volumeConfigurations?.length) throw notServedYet('volumeConfigurations');
  if (input.vpcLatticeConfigurations?.length) throw notServedYet('vpcLatticeConfigurations');
  if (input.gatewayConnectors?.length) throw notServedYet('gatewayConnectors');
  if (input.monitoring) throw notServedYet('monitoring');
  if (input.enableExecuteCommand) throw notServedYet('enableExecuteCommand');
  if (input.networkConfiguration?.awsvpcConfiguration) {
    throw invalidParameter('Network Configuration is not valid for the given networkMode of this task definition.');
  }
  if (input.platformVersion) {
    throw invalidParameter('The platform version must be null when specifying an EC2 launch type.');
  }
  if (input.healthCheckGracePeriodSeconds) {
    throw invalidParameter('Health check grace period is only valid for services configured to use load balancers');
  }
}

/** `name` is what ECS calls it: `DesiredCount` when a service is made, `Task count` when it is updated. */
export function checkDesiredCount(desiredCount: number, name: 'DesiredCount' | 'Task count'): number {
  if (!Number.isInteger(desiredCount) || desiredCount < 0) {
    throw invalidParameter(`${name} can not be lesser than 0`);
  }
  if (desiredCount > maxDesiredCount) throw invalidParameter(`desiredCount cannot be greater than ${maxDesiredCount}.`);
  return desiredCount;
}

const isPercent = (value: number | undefined, min: number, max: number) =>
  value === undefined || (Number.isInteger(value) && value >= min && value <= max);

function refuseUnsupportedDeployment(given: DeploymentConfiguration): void {
  if (given.strategy !== undefined && given.strategy !== 'ROLLING') {
    throw notServedYet(`The ${given.strategy} deployment strategy`);
  }
  if (given.bakeTimeInMinutes) throw notServedYet('bakeTimeInMinutes');
  if (given.lifecycleHooks?.length) throw notServedYet('lifecycleHooks');
  if (given.alarms?.enable || given.alarms?.alarmNames?.length) throw notServedYet('Deployment alarms');
  if (given.linearConfiguration || given.canaryConfiguration || given.earlySuccessCriteria) {
    throw notServedYet('linearConfiguration, canaryConfiguration and earlySuccessCriteria');
  }
}

function checkCircuitBreaker(given: DeploymentCircuitBreaker | undefined): DeploymentCircuitBreaker {
  const { enable = false, rollback = false, resetOnHealthyTask, thresholdConfiguration } = given ?? {};
  if (thresholdConfiguration) {
    const { type, value } = thresholdConfiguration;
    if (type !== 'COUNT' && type !== 'BOUNDED_PERCENT' && type !== 'UNBOUNDED_PERCENT') {
      throw invalidParameter(`Invalid thresholdConfiguration type: ${type}.`);
    }
    if (!Number.isInteger(value) || value! < 1) {
      throw invalidParameter('The thresholdConfiguration value must be at least 1.');
    }
  }
  return {
    enable,
    rollback,
    ...(resetOnHealthyTask !== undefined && { resetOnHealthyTask }),
    ...(thresholdConfiguration && { thresholdConfiguration }),
  };
}

/** Defaults filled in, as DescribeServices answers them; `current` is what an update changes. */
export function checkDeploymentConfiguration(
  given: DeploymentConfiguration | undefined,
  current?: DeploymentConfiguration,
): DeploymentConfiguration {
  if (given) refuseUnsupportedDeployment(given);
  const minimumHealthyPercent = given?.minimumHealthyPercent ?? current?.minimumHealthyPercent ?? 100;
  const maximumPercent = given?.maximumPercent ?? current?.maximumPercent ?? 200;
  if (!isPercent(minimumHealthyPercent, 0, 100)) {
    throw invalidParameter('minimumHealthyPercent must be between 0 and 100.');
  }
  if (!isPercent(maximumPercent, 100, 100_000)) throw invalidParameter('maximumPercent must be at least 100.');
  if (minimumHealthyPercent === 100 && maximumPercent === 100) {
    throw invalidParameter(
      'Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.',
    );
  }
  return {
    deploymentCircuitBreaker: checkCircuitBreaker(given?.deploymentCircuitBreaker ?? current?.deploymentCircuitBreaker),
    maximumPercent,
    minimumHealthyPercent,
    strategy: 'ROLLING',
    bakeTimeInMinutes: 0,
  };
}

export function checkConstraints(given: readonly PlacementConstraint[]): PlacementConstraint[] {
  checkPlacement(() => parseConstraints(given));
  return given.map(({ type, expression }) => ({ type, ...(expression !== undefined && { expression }) }));
}

export function checkStrategies(given: readonly PlacementStrategy[]): PlacementStrategy[] {
  checkPlacement(() => parseStrategies(given));
  return checkPlacement(() => given.map(normaliseStrategy));
}

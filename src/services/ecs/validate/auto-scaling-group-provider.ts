/**
 * What a client says of a capacity provider of an Auto Scaling group.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_AutoScalingGroupProvider.html
 */
import type {
  AutoScalingGroupProvider,
  AutoScalingGroupProviderUpdate,
  ManagedDraining,
  ManagedScaling,
  ManagedTerminationProtection,
} from '@aws-sdk/client-ecs';
import { parseArn, type Scope } from '#model/arn.ts';
import { clientException } from '../errors.ts';
import { isWhole } from './check.ts';

const namePattern = /^[a-zA-Z0-9_-]{1,255}$/;
const reservedPrefix = /^(aws|ecs|fargate)/i;
const onOff = ['ENABLED', 'DISABLED'];

const defaultScaling = {
  status: 'DISABLED',
  targetCapacity: 100,
  minimumScalingStepSize: 1,
  maximumScalingStepSize: 10_000,
  instanceWarmupPeriod: 300,
} as const satisfies ManagedScaling;

export function checkCapacityProviderName(name: string | undefined): string {
  if (name === undefined || !namePattern.test(name) || reservedPrefix.test(name)) {
    throw clientException(
      'The specified capacity provider name is invalid. Up to 255 characters are allowed, including letters (upper and lowercase), numbers, underscores, and hyphens. The name cannot be prefixed with "aws", "ecs", or "fargate". Specify a valid name and try again.',
    );
  }
  return name;
}

/** Only an ARN can be kept: nothing here knows the Auto Scaling group that a bare name means. */
function checkGroupArn(scope: Scope, text: string | undefined): string {
  const arn = parseArn(text ?? '');
  const isGroup =
    arn?.service === 'autoscaling' &&
    arn.account === scope.account &&
    arn.region === scope.region &&
    /^autoScalingGroup:[^:]+:autoScalingGroupName\/.+$/.test(arn.resource);
  if (!isGroup) {
    throw clientException(
      'The specified Auto Scaling group ARN is invalid. Specify a valid Auto Scaling group ARN and try again.',
    );
  }
  return text!;
}

function checkSwitch<T extends string>(what: string, value: T | undefined): T | undefined {
  if (value !== undefined && !onOff.includes(value)) {
    throw clientException(
      `The specified ${what} setting is invalid. Specify one of [${onOff.join(', ')}] and try again.`,
    );
  }
  return value;
}

function checkRange(what: string, value: number | undefined, min: number, max: number): void {
  if (value !== undefined && !isWhole(value, min, max)) {
    throw clientException(`The specified ${what} is invalid. Specify a value between ${min} and ${max} and try again.`);
  }
}

/** `given` over `current`, member by member. */
function checkScaling(current: ManagedScaling, given: ManagedScaling | undefined): ManagedScaling {
  checkSwitch('managed scaling status', given?.status);
  checkRange('target capacity', given?.targetCapacity, 1, 100);
  checkRange('minimum scaling step size', given?.minimumScalingStepSize, 1, 10_000);
  checkRange('maximum scaling step size', given?.maximumScalingStepSize, 1, 10_000);
  checkRange('instance warmup period', given?.instanceWarmupPeriod, 0, 10_000);
  const scaling = {
    status: given?.status ?? current.status,
    targetCapacity: given?.targetCapacity ?? current.targetCapacity,
    minimumScalingStepSize: given?.minimumScalingStepSize ?? current.minimumScalingStepSize,
    maximumScalingStepSize: given?.maximumScalingStepSize ?? current.maximumScalingStepSize,
    instanceWarmupPeriod: given?.instanceWarmupPeriod ?? current.instanceWarmupPeriod,
  };
  if (scaling.minimumScalingStepSize! > scaling.maximumScalingStepSize!) {
    throw clientException(
      'The specified minimum scaling step size is invalid. It cannot be greater than the maximum scaling step size.',
    );
  }
  return scaling;
}

/** With ECS's defaults filled in: no managed scaling, no termination protection, managed draining. */
export function checkAutoScalingGroupProvider(scope: Scope, given: AutoScalingGroupProvider): AutoScalingGroupProvider {
  const initial: AutoScalingGroupProvider = {
    autoScalingGroupArn: checkGroupArn(scope, given.autoScalingGroupArn),
    managedScaling: defaultScaling,
    managedTerminationProtection: 'DISABLED',
    managedDraining: 'ENABLED',
  };
  return updateAutoScalingGroupProvider(initial, given);
}

export function updateAutoScalingGroupProvider(
  current: AutoScalingGroupProvider,
  given: AutoScalingGroupProviderUpdate,
): AutoScalingGroupProvider {
  const protection: ManagedTerminationProtection | undefined = given.managedTerminationProtection;
  const draining: ManagedDraining | undefined = given.managedDraining;
  return {
    autoScalingGroupArn: current.autoScalingGroupArn,
    managedScaling: checkScaling(current.managedScaling!, given.managedScaling),
    managedTerminationProtection:
      checkSwitch('managed termination protection', protection) ?? current.managedTerminationProtection,
    managedDraining: checkSwitch('managed draining', draining) ?? current.managedDraining,
  };
}

/**
 * The deployment circuit breaker's threshold, in failed tasks: half the desired count, between 3 and 200, unless
 * `thresholdConfiguration` says otherwise.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ThresholdConfiguration.html
 */
import type { DeploymentConfiguration } from '@aws-sdk/client-ecs';

const leastBounded = 3;
const mostBounded = 200;
const defaultPercent = 50;

export function circuitBreakerThreshold(configuration: DeploymentConfiguration, desiredCount: number): number {
  const { type = 'BOUNDED_PERCENT', value = defaultPercent } =
    configuration.deploymentCircuitBreaker?.thresholdConfiguration ?? {};
  if (type === 'COUNT') return value;
  const share = Math.ceil((desiredCount * value) / 100);
  // A share of nothing would trip before any task has failed.
  if (type === 'UNBOUNDED_PERCENT') return Math.max(1, share);
  return Math.min(mostBounded, Math.max(leastBounded, share));
}

/**
 * How many tasks a REPLICA service must keep serving and may have at most, in tasks.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-deployment-options.html
 */
import type { ServiceRow } from '#model/rows.ts';

export interface Bounds {
  /** minimumHealthyPercent of the desired count, rounded up. */
  readonly min: number;
  /** maximumPercent of the desired count, rounded down. */
  readonly max: number;
}

export function boundsOf(service: ServiceRow): Bounds {
  const { minimumHealthyPercent = 100, maximumPercent = 200 } = service.deploymentConfiguration;
  return {
    min: Math.ceil((service.desiredCount * minimumHealthyPercent) / 100),
    max: Math.floor((service.desiredCount * maximumPercent) / 100),
  };
}

/**
 * Which services Availability Zone rebalancing takes.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html
 */
import type { AvailabilityZoneRebalancing } from '@aws-sdk/client-ecs';
import type { ServiceRow } from '#model/rows.ts';
import { invalidParameter } from '../errors.ts';

const zoneField = 'ecs.availability-zone';

function whatIsNotSupported(row: ServiceRow): string | undefined {
  const [first] = row.placementStrategy;
  if (row.schedulingStrategy === 'DAEMON') return 'the DAEMON scheduling strategy';
  if (row.deploymentController.type !== 'ECS') return `the ${row.deploymentController.type} deployment controller`;
  if (row.launchType === 'EXTERNAL') return 'the EXTERNAL launch type';
  if ((row.deploymentConfiguration.maximumPercent ?? 200) <= 100) return 'maximumPercent <= 100';
  if (first && !(first.type === 'spread' && first.field?.endsWith(zoneField))) {
    return `placement strategies that do not begin with spread over attribute:${zoneField}`;
  }
  if (row.placementConstraints.some(({ expression }) => expression?.includes(zoneField))) {
    return `placement constraints on attribute:${zoneField}`;
  }
  return undefined;
}

/**
 * The service with what its client asked for. Without a wish a new service (`isNew`) has it ENABLED if it can, and an
 * updated one keeps what it has. ENABLED on a service that cannot is an InvalidParameterException.
 */
export function withRebalancing(
  row: ServiceRow,
  given: AvailabilityZoneRebalancing | undefined,
  isNew: boolean,
): ServiceRow {
  if (given !== undefined && given !== 'ENABLED' && given !== 'DISABLED') {
    throw invalidParameter(`Invalid availabilityZoneRebalancing: ${given}.`);
  }
  const unsupported = whatIsNotSupported(row);
  const availabilityZoneRebalancing =
    given ?? (isNew ? (unsupported === undefined ? 'ENABLED' : 'DISABLED') : row.availabilityZoneRebalancing);
  if (availabilityZoneRebalancing === 'ENABLED' && unsupported !== undefined) {
    throw invalidParameter(`AvailabilityZoneRebalancing does not support ${unsupported}`);
  }
  return { ...row, availabilityZoneRebalancing };
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html */
import type { HealthCheck } from '@aws-sdk/client-ecs';
import { badSetting, compact, isWhole } from './check.ts';

const ranges = [
  ['interval', 5, 300],
  ['timeout', 2, 60],
  ['retries', 1, 10],
  ['startPeriod', 0, 300],
] as const;

/** Fills in interval 30 s, timeout 5 s and 3 retries. The command's form is Docker's affair, as on AWS. */
export function checkHealthCheck(container: string, given: HealthCheck): HealthCheck {
  if (!given.command || given.command.length === 0) {
    throw badSetting(container, 'healthCheck', "'command' should not be null or empty.");
  }
  for (const [name, min, max] of ranges) {
    const value = given[name];
    if (value !== undefined && !isWhole(value, min, max)) {
      throw badSetting(container, 'healthCheck', `'${name}' must be between ${min} and ${max}.`);
    }
  }
  return compact({
    command: given.command,
    interval: given.interval ?? 30,
    timeout: given.timeout ?? 5,
    retries: given.retries ?? 3,
    startPeriod: given.startPeriod,
  });
}

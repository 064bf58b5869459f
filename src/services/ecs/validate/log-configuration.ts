/**
 * Log drivers and their options. awslogs, json-file and none act; the others are refused.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LogConfiguration.html
 */
import type { LogConfiguration } from '@aws-sdk/client-ecs';
import { clientException } from '../errors.ts';
import { badSetting, notSupported } from './check.ts';

const common = ['mode', 'max-buffer-size'];
const options: Readonly<Record<string, readonly string[]>> = {
  awslogs: [
    'awslogs-group',
    'awslogs-region',
    'awslogs-stream-prefix',
    'awslogs-create-group',
    'awslogs-datetime-format',
    'awslogs-multiline-pattern',
    ...common,
  ],
  'json-file': ['max-size', 'max-file', 'compress', 'labels', 'labels-regex', 'env', 'env-regex', 'tag', ...common],
  none: [],
};
const onlyOnAws = ['fluentd', 'gelf', 'journald', 'splunk', 'syslog', 'awsfirelens'];
const names = [...Object.keys(options), ...onlyOnAws];

/** The drivers that Fargate takes. */
export const fargateLogDrivers = ['awslogs', 'splunk', 'awsfirelens'] as const;

function checkBuffer(container: string, given: Readonly<Record<string, string>>): void {
  const bad = (why: string) => badSetting(container, 'logConfiguration', why);
  const { mode, 'max-buffer-size': size } = given;
  if (mode !== undefined && mode !== 'blocking' && mode !== 'non-blocking') {
    throw bad(`Invalid mode '${mode}'. Must be one of [blocking,non-blocking]`);
  }
  if (size !== undefined && !/^\d+ ?[kmg]?b?$/i.test(size)) throw bad(`Invalid max-buffer-size '${size}'.`);
  if (size !== undefined && mode === 'blocking') {
    throw bad('max-buffer-size can only be specified when mode is non-blocking.');
  }
}

function isRegularExpression(text: string): boolean {
  try {
    return new RegExp(text) !== undefined;
  } catch {
    return false;
  }
}

function checkAwslogs(container: string, given: Readonly<Record<string, string>>): void {
  const bad = (why: string) => badSetting(container, 'logConfiguration', why);
  const missing = ['awslogs-region', 'awslogs-group'].filter((name) => !given[name]);
  if (missing.length > 0) throw clientException(`Log driver awslogs requires options: ${missing.join(', ')}`);
  const create = given['awslogs-create-group'];
  if (create !== undefined && create !== 'true' && create !== 'false') {
    throw bad(`Invalid awslogs-create-group '${create}'. Must be one of [true,false]`);
  }
  const multiline = given['awslogs-multiline-pattern'];
  if (multiline !== undefined && given['awslogs-datetime-format'] !== undefined) {
    throw bad('awslogs-datetime-format and awslogs-multiline-pattern cannot both be specified.');
  }
  if (multiline !== undefined && !isRegularExpression(multiline)) {
    throw bad(`awslogs-multiline-pattern could not parse as a regular expression: ${multiline}`);
  }
}

export function checkLogConfiguration(container: string, log: LogConfiguration): LogConfiguration {
  const driver = log.logDriver as string | undefined;
  if (!driver || !names.includes(driver)) {
    throw clientException(`${driver ?? 'null'} is not a valid log driver. Must be one of [${names.join(',')}]`);
  }
  const allowed = options[driver];
  if (!allowed) throw notSupported(`Log driver ${driver} of container '${container}'`);
  const given = log.options ?? {};
  const secret = (log.secretOptions ?? []).map(({ name = '' }) => name);
  // The agent ships awslogs itself, by options that are on record.
  if (secret.length > 0 && driver === 'awslogs') {
    throw notSupported(`logConfiguration.secretOptions of container '${container}' with log driver awslogs`);
  }
  const twice = secret.find((name) => name in given);
  if (twice !== undefined) throw badSetting(container, 'logConfiguration', `The option '${twice}' is given twice.`);
  const disallowed = [...Object.keys(given), ...secret].filter((name) => !allowed.includes(name));
  if (disallowed.length > 0) {
    throw clientException(`Log driver ${driver} disallows options: ${disallowed.join(', ')}`);
  }
  checkBuffer(container, given);
  if (driver === 'awslogs') checkAwslogs(container, given);
  return log;
}

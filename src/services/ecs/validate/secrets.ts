/**
 * Secrets that agents fetch with the execution role: environment variables, options of log drivers, credentials of
 * registries. Whether they exist shows when a task starts.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html
 */
import type { ContainerDefinition, Secret } from '@aws-sdk/client-ecs';
import { clientException } from '../errors.ts';
import { badSetting, firstDuplicate } from './check.ts';

const parameterName = /^[a-zA-Z0-9_.\-/]{1,2048}(:[a-zA-Z0-9_.-]+)?$/;
const secretArn = /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[^:]+(:[^:]*:[^:]*:[^:]*)?$/;
const parameterArn = /^arn:aws[a-z-]*:ssm:[a-z0-9-]+:\d{12}:parameter\/.+$/;

function checkPairs(container: string, setting: string, pairs: readonly Secret[]): void {
  for (const { name, valueFrom } of pairs) {
    if (!name) throw badSetting(container, setting, "'name' should not be null or empty.");
    if (!valueFrom) throw badSetting(container, setting, "'valueFrom' should not be null or empty.");
    const forms = valueFrom.startsWith('arn:') ? [secretArn, parameterArn] : [parameterName];
    if (!forms.some((form) => form.test(valueFrom)))
      throw badSetting(container, setting, `Invalid 'valueFrom': ${valueFrom}`);
  }
}

function checkNames(container: ContainerDefinition): void {
  const secrets = (container.secrets ?? []).map(({ name }) => name!);
  const variables = new Set((container.environment ?? []).map(({ name }) => name));
  const taken = firstDuplicate(secrets) ?? secrets.find((name) => variables.has(name));
  if (taken === undefined) return;
  throw clientException(
    `The secret name must be unique and not shared with any new or existing environment variables set on the container, such as '${taken}'.`,
  );
}

/** One container's secrets; `hasExecutionRole` of its task. */
export function checkSecrets(container: ContainerDefinition, hasExecutionRole: boolean): void {
  const { secrets = [], repositoryCredentials, logConfiguration } = container;
  const options = logConfiguration?.secretOptions ?? [];
  checkPairs(container.name!, 'secrets', secrets);
  checkNames(container);
  checkPairs(container.name!, 'logConfiguration', options);
  const parameter = repositoryCredentials?.credentialsParameter;
  if (repositoryCredentials && !parameter) {
    throw badSetting(container.name!, 'repositoryCredentials', "'credentialsParameter' should not be null or empty.");
  }
  if (parameter && !secretArn.test(parameter)) {
    throw badSetting(container.name!, 'repositoryCredentials', `Invalid 'credentialsParameter': ${parameter}`);
  }
  const what =
    (secrets.length > 0 && 'container secrets') ||
    (options.length > 0 && 'log configuration secret options') ||
    (parameter && 'private registry credentials');
  if (what && !hasExecutionRole) {
    throw clientException(`When you are specifying ${what}, you must also specify a value for 'executionRoleArn'.`);
  }
}

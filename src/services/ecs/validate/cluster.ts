/** Rules for what a client says of a cluster. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateCluster.html */
import type { ClusterConfiguration, ClusterServiceConnectDefaultsRequest, ClusterSetting } from '@aws-sdk/client-ecs';
import { clientException, invalidParameter } from '../errors.ts';

const namePattern = /^[a-zA-Z0-9_-]{1,255}$/;
const containerInsightsValues = ['enhanced', 'enabled', 'disabled'];

export function checkClusterName(name: string): string {
  if (!namePattern.test(name)) throw invalidParameter(`Cluster must match ^[a-zA-Z0-9\\-_]{1,255}$, but was ${name}`);
  return name;
}

/** Each name at most once; AWS has one setting, containerInsights. */
export function checkSettings(settings: readonly ClusterSetting[]): ClusterSetting[] {
  const seen = new Set<string>();
  for (const { name, value } of settings) {
    if (name !== 'containerInsights') throw invalidParameter(`Invalid cluster setting name: ${name}.`);
    if (seen.has(name)) throw invalidParameter(`Duplicate cluster setting: ${name}.`);
    seen.add(name);
    if (value === undefined || !containerInsightsValues.includes(value)) {
      throw invalidParameter(
        `Invalid cluster setting value '${value}' for setting '${name}'. Valid values are ${containerInsightsValues.join(', ')}.`,
      );
    }
  }
  return settings.map(({ name, value }) => ({ name, value }));
}

/** The settings after an update: given ones replace those of the same name. */
export function mergeSettings(current: readonly ClusterSetting[], given: readonly ClusterSetting[]): ClusterSetting[] {
  const kept = current.filter((setting) => !given.some((other) => other.name === setting.name));
  return [...kept, ...given];
}

/**
 * ECS Exec and encrypted managed storage do not act yet; a configuration that changes nothing (logging NONE or DEFAULT
 * without a key) is kept and answered, everything else is refused.
 */
export function checkConfiguration(configuration: ClusterConfiguration): ClusterConfiguration {
  const { executeCommandConfiguration: exec, managedStorageConfiguration: storage } = configuration;
  if (exec) {
    if (exec.logging !== undefined && !['NONE', 'DEFAULT', 'OVERRIDE'].includes(exec.logging)) {
      throw invalidParameter(`Invalid execute command logging value: ${exec.logging}.`);
    }
    if (exec.logging === 'OVERRIDE' && exec.logConfiguration === undefined) {
      throw invalidParameter(
        'A CloudWatch log group name or S3 bucket name must be specified when overriding the default log configuration',
      );
    }
    if (exec.logging !== 'OVERRIDE' && exec.logConfiguration !== undefined) {
      throw invalidParameter("You must set logging to 'OVERRIDE' when you supply a log configuration");
    }
    if (exec.logging === 'OVERRIDE') {
      throw clientException('configuration.executeCommandConfiguration.logging OVERRIDE is not supported here yet.');
    }
    if (exec.kmsKeyId !== undefined) {
      throw clientException('configuration.executeCommandConfiguration.kmsKeyId is not supported here yet.');
    }
  }
  for (const key of ['kmsKeyId', 'fargateEphemeralStorageKmsKeyId'] as const) {
    if (storage?.[key] !== undefined) {
      throw clientException(`configuration.managedStorageConfiguration.${key} is not supported here yet.`);
    }
  }
  return configuration;
}

/** Service Connect needs AWS Cloud Map, which is not served yet. */
export function checkServiceConnectDefaults(defaults: ClusterServiceConnectDefaultsRequest | undefined): void {
  if (defaults?.namespace) {
    throw clientException(
      'serviceConnectDefaults is not supported here yet: there is no AWS Cloud Map namespace to use.',
    );
  }
}

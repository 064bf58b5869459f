/**
 * What a client says of a managed daemon.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-daemons-create-manage.html
 */
import type { DaemonDeploymentConfiguration } from '@aws-sdk/client-ecs';
import { type Scope, scopeKey } from '#model/arn.ts';
import { type DaemonDeploymentRow, defaultDrainPercent } from '#model/daemon.ts';
import type { ClusterRow } from '#model/rows.ts';
import type { View } from '#store/store.ts';
import { clientException, invalidParameter } from '../errors.ts';
import { notServedYet } from '../launch-request.ts';
import { capacityProviderName, findCapacityProvider, isFargateProvider } from '../resolve-capacity-provider.ts';

const namePattern = /^[a-zA-Z0-9_-]{1,255}$/;
const tokenPattern = /^[!-~]{1,36}$/;
const maxBakeMinutes = 1440;

export function checkDaemonName(name: string | undefined): string {
  if (!name) throw invalidParameter('DaemonName can not be blank.');
  if (!namePattern.test(name)) throw invalidParameter('Invalid daemon name.');
  return name;
}

export function checkDaemonToken(token: string | undefined): void {
  if (token === undefined || tokenPattern.test(token)) return;
  throw invalidParameter('clientToken can have up to 36 ASCII characters in the range of 33-126.');
}

/** With ECS's defaults filled in. */
export function checkDaemonDeployment(
  given: DaemonDeploymentConfiguration | undefined,
): DaemonDeploymentRow['configuration'] {
  const { drainPercent = defaultDrainPercent, bakeTimeInMinutes = 0, alarms } = given ?? {};
  if (!(drainPercent >= 1 && drainPercent <= 100))
    throw invalidParameter('drainPercent must be between 1.0 and 100.0.');
  if (!Number.isInteger(bakeTimeInMinutes) || bakeTimeInMinutes < 0 || bakeTimeInMinutes > maxBakeMinutes) {
    throw invalidParameter(`bakeTimeInMinutes must be between 0 and ${maxBakeMinutes}.`);
  }
  if (alarms?.enable) throw notServedYet('deploymentConfiguration.alarms');
  return { drainPercent, bakeTimeInMinutes, ...(alarms && { alarms }) };
}

/** Names of the cluster's own capacity providers; those of Fargate have no container instances. */
export function checkDaemonProviders(
  view: View,
  scope: Scope,
  cluster: ClusterRow,
  arns: readonly string[] | undefined,
): string[] {
  if (!arns?.length) throw invalidParameter('Capacity Provider Arns cannot be empty.');
  const names = arns.map((arn) => capacityProviderName(scope, arn));
  for (const name of names) {
    if (isFargateProvider(name)) {
      throw invalidParameter('Daemons are not supported on the FARGATE and FARGATE_SPOT capacity providers.');
    }
    const row = findCapacityProvider(view, scope, name);
    if (row?.status !== 'ACTIVE') {
      throw invalidParameter(
        'The specified capacity provider was not found. Specify a valid capacity provider and try again.',
      );
    }
    if (!cluster.capacityProviders.includes(name)) {
      throw invalidParameter(
        `The specified capacity provider '${name}' is not associated with the cluster. Associate the capacity provider with the cluster and try again.`,
      );
    }
  }
  if (new Set(names).size !== names.length) throw invalidParameter('Duplicate capacity providers are not allowed.');
  return names;
}

export function checkPropagation(value: string | undefined): 'DAEMON' | 'NONE' {
  if (value !== undefined && value !== 'DAEMON' && value !== 'NONE') {
    throw invalidParameter(`Invalid propagateTags: ${value}.`);
  }
  return value ?? 'NONE';
}

export function refuseExecuteCommand(enable: boolean | undefined): void {
  if (enable) throw notServedYet('enableExecuteCommand');
}

/** The attribute by which an instance says, when it registers, which capacity provider it belongs to. */
export const providerAttribute = 'slipway.capacity-provider';

/** The provider that an instance names must be one of its cluster's. */
export function checkInstanceProvider(view: View, cluster: ClusterRow, name: string): string {
  const isKnown = cluster.capacityProviders.includes(name) && !isFargateProvider(name);
  if (isKnown && findCapacityProvider(view, cluster, name)?.status === 'ACTIVE') return name;
  throw clientException(
    `The capacity provider '${name}' that attribute ${providerAttribute} names is none of cluster ${cluster.name} in ${scopeKey(cluster)}.`,
  );
}

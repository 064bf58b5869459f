/**
 * Capacity providers of a cluster. The two of Fargate exist in every account; the others are rows.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PutClusterCapacityProviders.html
 */
import type { CapacityProviderStrategyItem } from '@aws-sdk/client-ecs';
import type { Scope } from '#model/arn.ts';
import type { ClusterRow } from '#model/rows.ts';
import type { View } from '#store/store.ts';
import { daemons, services } from '#store/tables/ecs.ts';
import { invalidParameter, resourceInUse } from '../errors.ts';
import { capacityProviderName, findCapacityProvider, isFargateProvider } from '../resolve-capacity-provider.ts';

const maxProviders = 20;

/** Names or ARNs of providers that a cluster may have, as names. */
export function checkCapacityProviders(view: View, scope: Scope, namesOrArns: readonly string[]): string[] {
  const names = namesOrArns.map((nameOrArn) => capacityProviderName(scope, nameOrArn));
  if (names.length > maxProviders) {
    throw invalidParameter(`capacityProviders cannot have more than ${maxProviders} elements.`);
  }
  for (const name of names) {
    if (isFargateProvider(name)) continue;
    const row = findCapacityProvider(view, scope, name);
    if (!row) {
      throw invalidParameter(
        'The specified capacity provider was not found. Specify a valid capacity provider and try again.',
      );
    }
    if (row.status !== 'ACTIVE' || row.updateStatus === 'DELETE_IN_PROGRESS') {
      throw invalidParameter(
        `The specified capacity provider '${name}' is not in an ACTIVE state. Specify a valid capacity provider and try again.`,
      );
    }
  }
  if (new Set(names).size !== names.length) throw invalidParameter('Duplicate capacity providers are not allowed.');
  return names;
}

/** Fills in weight 0 and base 0. Every provider must be one of the cluster's. */
export function checkDefaultStrategy(
  items: readonly CapacityProviderStrategyItem[],
  capacityProviders: readonly string[],
): CapacityProviderStrategyItem[] {
  const strategy = items.map((item) => ({
    capacityProvider: item.capacityProvider?.split('/').at(-1),
    weight: item.weight ?? 0,
    base: item.base ?? 0,
  }));
  if (strategy.length > maxProviders) {
    throw invalidParameter(
      `The capacity provider strategy cannot contain more than ${maxProviders} capacity providers.`,
    );
  }
  for (const item of strategy) {
    if (!capacityProviders.includes(item.capacityProvider ?? '')) {
      throw invalidParameter(
        'The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster. Associate the capacity provider with the cluster and try again.',
      );
    }
    if (item.weight < 0 || item.weight > 1000) throw invalidParameter('weight must be between 0 and 1000.');
    if (item.base < 0 || item.base > 100_000) throw invalidParameter('base must be between 0 and 100000.');
  }
  const names = strategy.map((item) => item.capacityProvider!);
  if (names.some(isFargateProvider) && !names.every(isFargateProvider)) {
    throw invalidParameter(
      'A capacity provider strategy cannot contain a mix of capacity providers using Auto Scaling groups and Fargate providers. Specify one or the other and try again.',
    );
  }
  if (new Set(names).size !== names.length) {
    throw invalidParameter('The capacity provider strategy contains duplicate capacity providers.');
  }
  if (strategy.filter((item) => item.base > 0).length > 1) {
    throw invalidParameter(
      'The specified capacity provider strategy contains multiple capacity providers with a base value defined. Specify only one capacity provider with a base value and try again.',
    );
  }
  if (strategy.length > 0 && strategy.every((item) => item.weight === 0)) {
    throw invalidParameter(
      'There are no capacity providers in the capacity provider strategy with a weight value greater than zero. Specify at least one with a weight value greater than zero and try again.',
    );
  }
  return strategy;
}

/** A provider that a service or a daemon of the cluster uses stays. */
export function checkNotInUse(view: View, cluster: ClusterRow, removed: readonly string[]): void {
  if (removed.length === 0) return;
  for (const service of view.find(services, 'byCluster', cluster.arn)) {
    if (service.status === 'INACTIVE') continue;
    const used = service.capacityProviderStrategy?.some((item) => removed.includes(item.capacityProvider ?? ''));
    if (used) {
      throw resourceInUse(
        'The specified capacity provider is in use and cannot be removed. Remove the capacity provider from all services and try again.',
      );
    }
  }
  for (const daemon of view.find(daemons, 'byCluster', cluster.arn)) {
    if (!daemon.capacityProviders.some((name) => removed.includes(name))) continue;
    throw resourceInUse(
      'The specified capacity provider is in use and cannot be removed. Remove the capacity provider from all daemons and try again.',
    );
  }
}

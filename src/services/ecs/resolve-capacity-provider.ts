/** Names and ARNs to capacity providers. */
import { capacityProviderArn, parseArn, type Scope } from '#model/arn.ts';
import type { CapacityProviderRow } from '#model/capacity-provider.ts';
import type { View } from '#store/store.ts';
import { capacityProviders } from '#store/tables/ecs.ts';
import { clientException, invalidParameter, updateInProgress } from './errors.ts';

/** The providers that exist in every account. */
export const fargateProviders: readonly string[] = ['FARGATE', 'FARGATE_SPOT'];

export const isFargateProvider = (name: string): boolean => fargateProviders.includes(name);

/** The ARN that a name or ARN means; InvalidParameterException for ARNs of other kinds. */
export function toCapacityProviderArn(scope: Scope, nameOrArn: string): string {
  if (!nameOrArn.startsWith('arn:')) return capacityProviderArn(scope, nameOrArn);
  const parsed = parseArn(nameOrArn);
  if (parsed?.service !== 'ecs' || !parsed.resource.startsWith('capacity-provider/')) {
    throw invalidParameter('Invalid identifier: Identifier is for an unexpected resource type.');
  }
  return nameOrArn;
}

/** The short name; an ARN of another account or region stays as it is, and is then found nowhere. */
export function capacityProviderName(scope: Scope, nameOrArn: string): string {
  const arn = toCapacityProviderArn(scope, nameOrArn);
  const prefix = capacityProviderArn(scope, '');
  return arn.startsWith(prefix) ? arn.slice(prefix.length) : arn;
}

/** The row in this scope, whatever its status; undefined when there is none. */
export function findCapacityProvider(view: View, scope: Scope, nameOrArn: string): CapacityProviderRow | undefined {
  const row = view.get(capacityProviders, toCapacityProviderArn(scope, nameOrArn));
  return row && row.account === scope.account && row.region === scope.region ? row : undefined;
}

/**
 * A provider that can be updated or deleted now: ClientException when there is none or it is one of Fargate,
 * UpdateInProgressException while an update or a deletion is under way.
 */
export function checkUnchanging(view: View, scope: Scope, nameOrArn: string): CapacityProviderRow {
  if (isFargateProvider(capacityProviderName(scope, nameOrArn))) {
    throw clientException(
      'The FARGATE and FARGATE_SPOT capacity providers are reserved and cannot be updated or deleted.',
    );
  }
  const row = findCapacityProvider(view, scope, nameOrArn);
  if (row?.status !== 'ACTIVE') {
    throw clientException('The specified capacity provider does not exist. Specify a valid name or ARN and try again.');
  }
  if (row.updateStatus?.endsWith('_IN_PROGRESS')) {
    throw updateInProgress(
      `The specified capacity provider is in the ${row.updateStatus} state. Wait until that is complete and try again.`,
    );
  }
  return row;
}

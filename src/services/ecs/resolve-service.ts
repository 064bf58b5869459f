/** Names and ARNs to services, within one cluster. */
import { parseArn, type Scope, serviceArn } from '#model/arn.ts';
import type { ClusterRow, ServiceRow } from '#model/rows.ts';
import type { View } from '#store/store.ts';
import { services } from '#store/tables/ecs.ts';
import { invalidParameter, serviceNotFound } from './errors.ts';
import { checkSameCluster } from './resolve.ts';

/** The ARN that a name or ARN means; InvalidParameterException for ARNs of other kinds. */
export function toServiceArn(scope: Scope, cluster: ClusterRow, nameOrArn: string): string {
  if (!nameOrArn.startsWith('arn:')) return serviceArn(scope, cluster.name, nameOrArn);
  const parsed = parseArn(nameOrArn);
  if (parsed?.service !== 'ecs' || !parsed.resource.startsWith('service/')) {
    throw invalidParameter('Invalid identifier: Identifier is for an unexpected resource type.');
  }
  checkSameCluster(cluster, parsed.resource);
  // The old format has no cluster in it: service/<name>.
  const parts = parsed.resource.split('/');
  return parts.length === 2 ? serviceArn(parsed, cluster.name, parts[1]!) : nameOrArn;
}

/** The row in this cluster and scope, whatever its status; undefined when there is none. */
export function findService(view: View, scope: Scope, cluster: ClusterRow, nameOrArn: string): ServiceRow | undefined {
  const row = view.get(services, toServiceArn(scope, cluster, nameOrArn));
  if (!row || row.clusterArn !== cluster.arn) return undefined;
  return row.account === scope.account && row.region === scope.region ? row : undefined;
}

/** As findService, or ServiceNotFoundException. */
export function requireService(
  view: View,
  scope: Scope,
  cluster: ClusterRow,
  nameOrArn: string | undefined,
): ServiceRow {
  if (!nameOrArn) throw invalidParameter('Service can not be blank.');
  const row = findService(view, scope, cluster, nameOrArn);
  if (!row) throw serviceNotFound();
  return row;
}

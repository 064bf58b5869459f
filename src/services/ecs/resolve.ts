/**
 * Names to ARNs. Wherever the API takes "short name or full ARN", these turn it into the row or the error that AWS
 * answers. An ARN of another account or region is not found here: state never crosses scopes.
 */
import { type ClusterArn, clusterArn, parseArn, type Scope } from '#model/arn.ts';
import type { ClusterRow } from '#model/rows.ts';
import type { View } from '#store/store.ts';
import { clusters } from '#store/tables/ecs.ts';
import { clusterNotFound, invalidParameter } from './errors.ts';
import { checkClusterName } from './validate/cluster.ts';

/** The cluster's ARN for a name, an ARN or nothing (`default`). Refuses ARNs of other kinds. */
export function toClusterArn(scope: Scope, nameOrArn: string | undefined): ClusterArn {
  const text = nameOrArn || 'default';
  if (!text.startsWith('arn:')) return clusterArn(scope, checkClusterName(text));
  const parsed = parseArn(text);
  if (parsed?.service !== 'ecs' || !parsed.resource.startsWith('cluster/')) {
    throw invalidParameter('Invalid identifier: Identifier is for an unexpected resource type.');
  }
  return text as ClusterArn;
}

/** The ACTIVE cluster, or ClusterNotFoundException. */
export function requireCluster(view: View, scope: Scope, nameOrArn: string | undefined): ClusterRow {
  const row = view.get(clusters, toClusterArn(scope, nameOrArn));
  if (!row || row.account !== scope.account || row.region !== scope.region || row.status === 'INACTIVE') {
    throw clusterNotFound();
  }
  return row;
}

/** Refuses an ARN (`task/<cluster>/<id>` and the like) that says that its resource is of another cluster. */
export function checkSameCluster(cluster: ClusterRow, resource: string): void {
  const [, name, id] = resource.split('/');
  if (id === undefined || name === cluster.name) return;
  throw invalidParameter(`Invalid identifier: Identifier is for cluster ${name}. Your cluster is ${cluster.name}`);
}

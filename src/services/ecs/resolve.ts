/**
 * Names to ARNs. Wherever the API takes "short name or full ARN", these turn it into the row or the error that AWS
 * answers. An ARN of another account or region is not found here: state never crosses scopes.
 */
import { type ClusterArn, clusterArn, lastSegment, parseArn, type Scope, taskArn } from '#model/arn.ts';
import type { ClusterRow } from '#model/rows.ts';
import type { View } from '#store/store.ts';
import { clusters } from '#store/tables.ts';
import { clusterNotFound, invalidParameter } from './errors.ts';

/** The cluster's ARN for a name, an ARN or nothing (`default`). Refuses ARNs of other kinds. */
export function toClusterArn(scope: Scope, nameOrArn: string | undefined): ClusterArn {
  const text = nameOrArn || 'default';
  if (!text.startsWith('arn:')) return clusterArn(scope, text);
  const parsed = parseArn(text);
  if (!parsed || parsed.service !== 'ecs' || !parsed.resource.startsWith('cluster/')) {
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

/** The ARN that a task id or ARN names within a cluster. */
export function toTaskArn(scope: Scope, cluster: ClusterRow, idOrArn: string): string {
  return idOrArn.startsWith('arn:') ? idOrArn : taskArn(scope, cluster.name, idOrArn);
}

export const clusterName = (arn: string): string => lastSegment(arn);

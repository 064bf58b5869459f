/** Ids and ARNs to container instances, within one cluster. */
import { type ContainerInstanceArn, containerInstanceArn, lastSegment, parseArn, type Scope } from '#model/arn.ts';
import type { ClusterRow, ContainerInstanceRow } from '#model/rows.ts';
import type { View } from '#store/store.ts';
import { containerInstances } from '#store/tables/ecs.ts';
import { invalidParameter } from './errors.ts';
import { checkSameCluster } from './resolve.ts';

/** The ARN that an id or ARN names; InvalidParameterException for ARNs of other kinds and for what cannot be an id. */
export function toContainerInstanceArn(scope: Scope, cluster: ClusterRow, idOrArn: string): ContainerInstanceArn {
  if (idOrArn.startsWith('arn:')) {
    const parsed = parseArn(idOrArn);
    if (parsed?.service !== 'ecs' || !parsed.resource.startsWith('container-instance/')) {
      throw invalidParameter('Invalid identifier: Identifier is for an unexpected resource type.');
    }
    checkSameCluster(cluster, parsed.resource);
    // The old format has no cluster in it: container-instance/<id>.
    const parts = parsed.resource.split('/');
    if (parts.length === 2) return containerInstanceArn(parsed, cluster.name, parts[1]!);
    return idOrArn as ContainerInstanceArn;
  }
  if (!/^[a-zA-Z0-9-]+$/.test(idOrArn)) {
    throw invalidParameter(`Invalid identifier: Unexpected number of separators or characters in ${idOrArn}.`);
  }
  return containerInstanceArn(scope, cluster.name, idOrArn);
}

/** The row in this cluster and scope, whatever its status; undefined when there is none. */
export function findContainerInstance(
  view: View,
  scope: Scope,
  cluster: ClusterRow,
  idOrArn: string,
): ContainerInstanceRow | undefined {
  const row = view.get(containerInstances, toContainerInstanceArn(scope, cluster, idOrArn));
  if (!row || row.clusterArn !== cluster.arn) return undefined;
  return row.account === scope.account && row.region === scope.region ? row : undefined;
}

/** As findContainerInstance; an INACTIVE one and none are refused as AWS refuses them. */
export function requireContainerInstance(
  view: View,
  scope: Scope,
  cluster: ClusterRow,
  idOrArn: string | undefined,
): ContainerInstanceRow {
  if (!idOrArn) throw invalidParameter('Container instance can not be blank.');
  const row = findContainerInstance(view, scope, cluster, idOrArn);
  if (!row) throw invalidParameter(`Referenced container instance ${lastSegment(idOrArn)} not found.`);
  if (row.status === 'INACTIVE')
    throw invalidParameter(`Referenced container instance ${lastSegment(idOrArn)} is not active.`);
  return row;
}

/** Ids and ARNs to tasks, within one cluster. */
import { parseArn, type Scope, taskArn } from '#model/arn.ts';
import type { ClusterRow, TaskRow } from '#model/rows.ts';
import type { View } from '#store/store.ts';
import { tasks } from '#store/tables/ecs.ts';
import { invalidParameter } from './errors.ts';
import { checkSameCluster } from './resolve.ts';

/** The ARN that an id or ARN names; InvalidParameterException for ARNs of other kinds and for what cannot be an id. */
export function toTaskArn(scope: Scope, cluster: ClusterRow, idOrArn: string): string {
  if (idOrArn.startsWith('arn:')) {
    const parsed = parseArn(idOrArn);
    if (parsed?.service !== 'ecs' || !parsed.resource.startsWith('task/')) {
      throw invalidParameter('Invalid identifier: Identifier is for an unexpected resource type.');
    }
    checkSameCluster(cluster, parsed.resource);
    // The old format has no cluster in it: task/<id>.
    const parts = parsed.resource.split('/');
    return parts.length === 2 ? taskArn(parsed, cluster.name, parts[1]!) : idOrArn;
  }
  if (!/^[a-zA-Z0-9-]{1,255}$/.test(idOrArn)) throw invalidParameter('taskId length should be one of [32,36]');
  return taskArn(scope, cluster.name, idOrArn);
}

/** The row in this cluster and scope, whatever its status; undefined when there is none. */
export function findTask(view: View, scope: Scope, cluster: ClusterRow, idOrArn: string): TaskRow | undefined {
  const row = view.get(tasks, toTaskArn(scope, cluster, idOrArn));
  if (!row || row.clusterArn !== cluster.arn) return undefined;
  return row.account === scope.account && row.region === scope.region ? row : undefined;
}

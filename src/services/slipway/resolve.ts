/** Names and ARNs as ECS takes them. What lies in another account or region is not found here. */
import {
  clusterArn,
  lastSegment,
  parseArn,
  type Scope,
  scopeKey,
  serviceArn,
  taskArn,
  taskDefinitionArn,
} from '#model/arn.ts';
import type { ClusterRow, ServiceRow, TaskDefinitionRow } from '#model/rows.ts';
import type { View } from '#store/store.ts';
import { clusters, services, taskDefinitionFamilies, taskDefinitions } from '#store/tables/ecs.ts';
import { clusterNotFound, invalidParameter, serviceNotFound, taskDefinitionNotFound } from './errors.ts';

type Kind = 'cluster' | 'service' | 'task' | 'task-definition';

/** What comes after `<kind>/` in an ARN of ECS. */
function resourceOf(kind: Kind, scope: Scope, arn: string): string {
  const parsed = parseArn(arn);
  if (parsed?.service !== 'ecs' || !parsed.resource.startsWith(`${kind}/`)) {
    throw invalidParameter(`${arn} is not the ARN of a ${kind}.`);
  }
  if (parsed.account !== scope.account || parsed.region !== scope.region) {
    throw invalidParameter(`${arn} is in another account or region.`);
  }
  return parsed.resource.slice(kind.length + 1);
}

const nameOf = (kind: Kind, scope: Scope, nameOrArn: string) =>
  nameOrArn.startsWith('arn:') ? resourceOf(kind, scope, nameOrArn) : nameOrArn;

/** The cluster's name, whether or not there (still) is one. */
export const clusterNameOf = (scope: Scope, nameOrArn: string | undefined): string =>
  nameOf('cluster', scope, nameOrArn || 'default');

export function requireCluster(view: View, scope: Scope, nameOrArn: string | undefined): ClusterRow {
  const name = clusterNameOf(scope, nameOrArn);
  const row = view.get(clusters, clusterArn(scope, name));
  if (!row || row.status === 'INACTIVE') throw clusterNotFound(name);
  return row;
}

/** The ARN of a task by its id or ARN, whether or not it is (still) in the store. */
export function toTaskArn(scope: Scope, cluster: string | undefined, idOrArn: string): string {
  if (!idOrArn.startsWith('arn:')) return taskArn(scope, clusterNameOf(scope, cluster), idOrArn);
  resourceOf('task', scope, idOrArn);
  return idOrArn;
}

export function toServiceArn(scope: Scope, cluster: string | undefined, nameOrArn: string): string {
  if (!nameOrArn.startsWith('arn:')) return serviceArn(scope, clusterNameOf(scope, cluster), nameOrArn);
  resourceOf('service', scope, nameOrArn);
  return nameOrArn;
}

export function requireService(view: View, scope: Scope, cluster: string | undefined, nameOrArn: string): ServiceRow {
  const arn = toServiceArn(scope, cluster, nameOrArn);
  const row = view.get(services, arn);
  if (!row) throw serviceNotFound(lastSegment(arn), clusterNameOf(scope, cluster));
  return row;
}

/** By `family`, `family:revision` or ARN; a family alone is its newest ACTIVE revision. */
export function requireTaskDefinition(view: View, scope: Scope, nameOrArn: string): TaskDefinitionRow {
  const [family = '', revision, ...rest] = nameOf('task-definition', scope, nameOrArn).split(':');
  if (!family || rest.length > 0 || (revision !== undefined && !/^[1-9]\d*$/.test(revision))) {
    throw invalidParameter(`${nameOrArn} is not family, family:revision or the ARN of a task definition.`);
  }
  const get = (at: number) => view.get(taskDefinitions, taskDefinitionArn(scope, family, at));
  if (revision !== undefined) {
    const row = get(Number(revision));
    if (row?.status !== 'ACTIVE') throw taskDefinitionNotFound(nameOrArn);
    return row;
  }
  const last = view.get(taskDefinitionFamilies, `${scopeKey(scope)}/${family}`)?.lastRevision ?? 0;
  for (let at = last; at > 0; at--) {
    const row = get(at);
    if (row?.status === 'ACTIVE') return row;
  }
  throw taskDefinitionNotFound(nameOrArn);
}

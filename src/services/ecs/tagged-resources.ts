/** Which row an ARN names, for the three operations that read and write tags of any resource. */
import type { Tag } from '@aws-sdk/client-ecs';
import { parseArn, type Scope } from '#model/arn.ts';
import type { Tx, View } from '#store/store.ts';
import type { Table } from '#store/table.ts';
import {
  capacityProviders,
  clusters,
  containerInstances,
  daemons,
  services,
  taskDefinitions,
  taskSets,
  tasks,
} from '#store/tables/ecs.ts';
import { clusterNotFound, invalidParameter, resourceNotFound } from './errors.ts';

interface Tagged {
  readonly arn: string;
  readonly status?: string;
  readonly tags: readonly Tag[];
}

export interface TaggedResource {
  readonly table: Table<Tagged>;
  readonly row: Tagged;
}

/** Tables by the first word of an ARN's resource. */
const tables: ReadonlyMap<string, Table<Tagged>> = new Map(
  Object.entries({
    'capacity-provider': capacityProviders,
    cluster: clusters,
    daemon: daemons,
    'daemon-task-definition': taskDefinitions,
    service: services,
    task: tasks,
    'task-set': taskSets,
    'task-definition': taskDefinitions,
    'container-instance': containerInstances,
  }) as unknown as [string, Table<Tagged>][],
);

/** The resource, or the error that AWS answers: a wrong ARN, an inactive or unknown cluster, an unknown resource. */
export function findTagged(view: View, scope: Scope, resourceArn: string | undefined): TaggedResource {
  const arn = parseArn(resourceArn ?? '');
  if (!arn) throw invalidParameter('Invalid identifier: Identifier is not an ARN.');
  const kind = arn.resource.split('/', 1)[0]!;
  const table = arn.service === 'ecs' ? tables.get(kind) : undefined;
  if (!table) throw invalidParameter('Invalid identifier: Identifier is for an unexpected resource type.');
  const own = arn.account === scope.account && arn.region === scope.region;
  const row = own ? view.get(table, resourceArn!) : undefined;
  if (kind === 'cluster') {
    if (!row) throw clusterNotFound();
    if (row.status === 'INACTIVE') {
      throw invalidParameter('The specified cluster is inactive. Specify an active cluster and try again.');
    }
  }
  if (!row) throw resourceNotFound();
  return { table, row };
}

export function writeTags(tx: Tx, resource: TaggedResource, tags: readonly Tag[]): void {
  tx.put(resource.table, { ...resource.row, tags });
}

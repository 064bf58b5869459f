/**
 * What a request means, as ARNs to authorise: the same names as `resolve*.ts` takes, but nothing here throws or needs a
 * row. A name that cannot be one becomes an ARN that no resource has; the handler then says what is wrong with it.
 */
import {
  capacityProviderArn,
  clusterArn,
  lastSegment,
  parseArn,
  partitionOf,
  type Scope,
  taskDefinitionArn,
} from '#model/arn.ts';
import type { TaskDefinitionRow } from '#model/rows.ts';
import type { View } from '#store/store.ts';
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
import { findTaskDefinition } from '../resolve-task-definition.ts';

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const isArn = (text: string) => text.startsWith('arn:');

export function toCluster(scope: Scope, given: unknown): string {
  const text = textOf(given) || 'default';
  return isArn(text) ? text : clusterArn(scope, text);
}

/** Kinds whose ARNs have the cluster's name in them. */
export type KindInCluster = 'service' | 'task' | 'container-instance' | 'daemon' | 'task-set';

/** `*` for an absent id: any of the cluster. The old format without the cluster is made long. */
export function toInCluster(scope: Scope, kind: KindInCluster, cluster: unknown, given: unknown): string {
  const text = textOf(given) || '*';
  const clusterName = lastSegment(toCluster(scope, cluster));
  const parsed = isArn(text) ? parseArn(text) : undefined;
  if (isArn(text) && parsed?.resource.split('/').length !== 2) return text;
  const at = parsed ?? scope;
  return `arn:${partitionOf(at.region)}:ecs:${at.region}:${at.account}:${kind}/${clusterName}/${lastSegment(text)}`;
}

export function toTaskSet(scope: Scope, cluster: unknown, service: unknown, given: unknown): string {
  const text = textOf(given) || '*';
  if (isArn(text)) return text;
  const ofService = toInCluster(scope, 'service', cluster, service);
  return `${ofService.replace(':service/', ':task-set/')}/${text}`;
}

export function toCapacityProvider(scope: Scope, given: unknown): string {
  const text = textOf(given) || '*';
  return isArn(text) ? text : capacityProviderArn(scope, text);
}

/**
 * The definition that a request would use, when there is one: found by the very function that the operations use, because
 * a name that only they understood would hand over roles without being asked for iam:PassRole.
 */
export function definitionOf(view: View, scope: Scope, given: unknown): TaskDefinitionRow | undefined {
  return orNothing(() => findTaskDefinition(view, scope, textOf(given)));
}

/** Names that the operations refuse are theirs to answer. */
export function orNothing<T>(resolve: () => T): T | undefined {
  try {
    return resolve();
  } catch {
    return undefined;
  }
}

export function toTaskDefinition(scope: Scope, row: TaskDefinitionRow | undefined, given: unknown): string {
  if (row) return row.arn;
  const text = textOf(given);
  if (isArn(text)) return text;
  const [family = '', revision] = text.split(':');
  const any = taskDefinitionArn(scope, family, 0).replace(/0$/, '');
  return `${any}${revision ?? '*'}`;
}

interface KeyValue {
  readonly key?: string | undefined;
  readonly value?: string | undefined;
}

/** A list of tags as conditions read it; what is no tag is left out. */
export function tagsOf(given: unknown): Record<string, string> | undefined {
  if (!Array.isArray(given) || given.length === 0) return undefined;
  const tags: Record<string, string> = {};
  for (const tag of given as (KeyValue | null)[]) if (tag?.key) tags[tag.key] = tag.value ?? '';
  return tags;
}

/** Tables by the first word of an ARN's resource. */
const tables: Readonly<Record<string, Table<{ readonly tags?: readonly KeyValue[] }>>> = {
  'capacity-provider': capacityProviders as never,
  cluster: clusters as never,
  daemon: daemons as never,
  'daemon-task-definition': taskDefinitions as never,
  service: services as never,
  task: tasks as never,
  'task-set': taskSets as never,
  'task-definition': taskDefinitions as never,
  'container-instance': containerInstances as never,
};

/** Tags of the resource that an ARN names. */
export function resourceTagsOf(view: View, arn: string): Record<string, string> | undefined {
  const kind = parseArn(arn)?.resource.split('/', 1)[0] ?? '';
  const table = Object.hasOwn(tables, kind) ? tables[kind] : undefined;
  return table && tagsOf(view.get(table, arn)?.tags);
}

/** What an instance has registered, read once per row. */
import type { Resource } from '@aws-sdk/client-ecs';
import type { ContainerInstanceRow } from '#model/rows.ts';
import type { QueriedInstance } from '#placement/query-language/expression.ts';

interface Registered {
  readonly attributes: ReadonlyMap<string, string>;
  readonly cpuUnits: number;
  readonly memoryMiB: number;
  readonly gpuCount: number;
  /** Network interfaces for tasks: `unlimitedEnis` unless its attribute says otherwise. */
  readonly eniCount: number;
  /** `tcp/22` for each port that the agent keeps for itself. */
  readonly ports: ReadonlySet<string>;
}

/** Rows are immutable, so what is derived from one is kept as long as the row is. */
const derived = new WeakMap<ContainerInstanceRow, Registered>();

/**
 * A custom attribute of the instance: how many tasks of network mode awsvpc, which have a network interface of their own,
 * it takes. On EC2 this is a property of the instance type; machines without the attribute have no such limit.
 */
export const ENI_LIMIT_ATTRIBUTE = 'slipway.eni-limit';
/** Beyond any number of tasks of one instance, and within the 32 bits in which the fleet counts. */
export const unlimitedEnis = 2 ** 30;

function eniCountOf(attributes: ReadonlyMap<string, string>): number {
  const text = attributes.get(ENI_LIMIT_ATTRIBUTE);
  if (text === undefined) return unlimitedEnis;
  // The API takes whole numbers only; whatever else a row might hold is no room.
  return /^\d{1,9}$/.test(text) ? Number(text) : 0;
}

function numberOf(resources: readonly Resource[], name: string): number {
  const resource = resources.find((candidate) => candidate.name === name);
  // Only the member that `type` names counts; rows may carry zeros in the others.
  return Math.max(resource?.integerValue ?? 0, resource?.longValue ?? 0, resource?.doubleValue ?? 0);
}

const setOf = (resources: readonly Resource[], name: string): readonly string[] =>
  resources.find((candidate) => candidate.name === name)?.stringSetValue ?? [];

export function registeredOf(row: ContainerInstanceRow): Registered {
  const known = derived.get(row);
  if (known) return known;
  const attributes = new Map(row.attributes.map((attribute) => [attribute.name ?? '', attribute.value ?? '']));
  const made: Registered = {
    attributes,
    cpuUnits: numberOf(row.registeredResources, 'CPU'),
    memoryMiB: numberOf(row.registeredResources, 'MEMORY'),
    gpuCount: setOf(row.registeredResources, 'GPU').length,
    eniCount: eniCountOf(attributes),
    ports: new Set([
      ...setOf(row.registeredResources, 'PORTS').map((port) => `tcp/${port}`),
      ...setOf(row.registeredResources, 'PORTS_UDP').map((port) => `udp/${port}`),
    ]),
  };
  derived.set(row, made);
  return made;
}

/** The instance as queries see it, as far as it does not depend on its tasks: it has none here. */
export function instanceFacts(row: ContainerInstanceRow): QueriedInstance {
  return {
    ec2InstanceId: row.ec2InstanceId,
    agentConnected: row.agentConnected,
    agentVersion: row.versionInfo.agentVersion,
    registeredAt: row.registeredAt,
    runningTasksCount: 0,
    attributes: registeredOf(row).attributes,
    hasTaskGroup: () => false,
    taskGroups: () => [],
  };
}

/**
 * Container instances as placement and cluster queries see them: registered resources minus what live tasks hold. Every
 * figure is a look-up in the store's indexes and sums; no task is walked unless a query matches task groups by pattern.
 */
import type { Resource } from '@aws-sdk/client-ecs';
import type { ClusterArn } from '#model/arn.ts';
import type { ContainerInstanceRow, PortReservation } from '#model/rows.ts';
import type { QueriedInstance } from '#placement/query-language/expression.ts';
import type { Candidate } from '#placement/request.ts';
import type { View } from '#store/store.ts';
import { containerInstances, tasks } from '#store/tables.ts';

interface Registered {
  readonly attributes: ReadonlyMap<string, string>;
  readonly cpuUnits: number;
  readonly memoryMiB: number;
  readonly gpuCount: number;
  /** `tcp/22` for each port that the agent keeps for itself. */
  readonly ports: ReadonlySet<string>;
}

/** Rows are immutable, so what is derived from one is kept as long as the row is. */
const derived = new WeakMap<ContainerInstanceRow, Registered>();

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
  const made: Registered = {
    attributes: new Map(row.attributes.map((attribute) => [attribute.name ?? '', attribute.value ?? ''])),
    cpuUnits: numberOf(row.registeredResources, 'CPU'),
    memoryMiB: numberOf(row.registeredResources, 'MEMORY'),
    gpuCount: setOf(row.registeredResources, 'GPU').length,
    ports: new Set([
      ...setOf(row.registeredResources, 'PORTS').map((port) => `tcp/${port}`),
      ...setOf(row.registeredResources, 'PORTS_UDP').map((port) => `udp/${port}`),
    ]),
  };
  derived.set(row, made);
  return made;
}

function* groupsOn(view: View, arn: string): Generator<string> {
  const seen = new Set<string>();
  for (const task of view.find(tasks, 'liveByContainerInstance', arn)) {
    if (seen.has(task.group)) continue;
    seen.add(task.group);
    yield task.group;
  }
}

/** What the cluster query language asks of an instance. Reads `view` when asked, so use it within one transaction. */
export function queriedInstance(view: View, row: ContainerInstanceRow): QueriedInstance {
  return {
    ec2InstanceId: row.ec2InstanceId,
    agentConnected: row.agentConnected,
    agentVersion: row.versionInfo.agentVersion,
    registeredAt: row.registeredAt,
    runningTasksCount: view.sum(tasks, 'byContainerInstance', row.arn)['running']!,
    attributes: registeredOf(row).attributes,
    hasTaskGroup: (group) => view.sum(tasks, 'byInstanceAndGroup', `${row.arn}#${group}`)['live']! > 0,
    taskGroups: () => groupsOn(view, row.arn),
  };
}

export function candidateOf(view: View, row: ContainerInstanceRow, group: string): Candidate {
  const registered = registeredOf(row);
  const held = view.sum(tasks, 'byContainerInstance', row.arn);
  return {
    ...queriedInstance(view, row),
    containerInstanceArn: row.arn,
    availabilityZone: row.availabilityZone,
    free: {
      cpuUnits: registered.cpuUnits - held['cpuUnits']!,
      memoryMiB: registered.memoryMiB - held['memoryMiB']!,
      gpuCount: registered.gpuCount - held['gpuCount']!,
    },
    isPortTaken: (port: PortReservation) => {
      const key = `${port.protocol}/${port.hostPort}`;
      return registered.ports.has(key) || view.count(tasks, 'byHostPort', `${row.arn}#${key}`) > 0;
    },
    groupCount: view.sum(tasks, 'byInstanceAndGroup', `${row.arn}#${group}`)['wanted']!,
    liveTasks: held['live']!,
  };
}

/** The cluster's ACTIVE instances; DRAINING and deregistered ones take no tasks. */
export function candidatesOf(view: View, cluster: ClusterArn, group: string): Candidate[] {
  const candidates: Candidate[] = [];
  for (const row of view.find(containerInstances, 'byCluster', cluster)) {
    if (row.status === 'ACTIVE') candidates.push(candidateOf(view, row, group));
  }
  return candidates;
}

/**
 * Container instances as placement and cluster queries see them: registered resources minus what live tasks hold. Every
 * figure is a look-up in the store's sums or in the fleet; no task is walked unless a query matches task groups by pattern.
 */
import type { ClusterArn } from '#model/arn.ts';
import { portsOf } from '#model/host-ports.ts';
import type { ContainerInstanceRow, PortReservation, TaskRow } from '#model/rows.ts';
import type { QueriedInstance } from '#placement/query-language/expression.ts';
import type { Candidate } from '#placement/request.ts';
import type { View } from '#store/store.ts';
import { containerInstances, tasks } from '#store/tables/ecs.ts';
import { fleets } from './fleets.ts';
import { instanceFacts, registeredOf } from './registered.ts';

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
    ...instanceFacts(row),
    runningTasksCount: view.sum(tasks, 'byContainerInstance', row.arn)['running']!,
    hasTaskGroup: (group) => (view.derived(fleets).get(row.clusterArn)?.liveCount(row.arn, group) ?? 0) > 0,
    taskGroups: () => groupsOn(view, row.arn),
  };
}

/** What no live task holds. */
export function freeOf(view: View, row: ContainerInstanceRow): Candidate['free'] {
  const registered = registeredOf(row);
  const held = view.sum(tasks, 'byContainerInstance', row.arn);
  return {
    cpuUnits: registered.cpuUnits - held['cpuUnits']!,
    memoryMiB: registered.memoryMiB - held['memoryMiB']!,
    gpuCount: registered.gpuCount - held['gpuCount']!,
    eniCount: registered.eniCount - held['eniCount']!,
  };
}

export function candidateOf(view: View, row: ContainerInstanceRow, group: string): Candidate {
  const fleet = view.derived(fleets).get(row.clusterArn);
  return {
    ...queriedInstance(view, row),
    containerInstanceArn: row.arn,
    availabilityZone: row.availabilityZone,
    free: freeOf(view, row),
    isPortTaken: (port: PortReservation) => fleet?.isPortTaken(row.arn, port) ?? false,
    groupCount: fleet?.wantedCount(row.arn, group) ?? 0,
    liveTasks: view.sum(tasks, 'byContainerInstance', row.arn)['live']!,
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

/** The live tasks that hold a host port of the instance. */
export function portHolders(view: View, arn: string, port: PortReservation): TaskRow[] {
  const isIt = (held: PortReservation) => held.protocol === port.protocol && held.hostPort === port.hostPort;
  return [...view.find(tasks, 'liveByContainerInstance', arn)].filter((task) => portsOf(task).some(isIt));
}

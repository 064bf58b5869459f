/** Starts a managed daemon's tasks, and makes room for those of critical ones. */
import { isRefusal, launchOn, launchTags } from '#launch/launch-tasks.ts';
import type { LaunchDeps, TaskTemplate } from '#launch/new-task.ts';
import { reservationOf } from '#launch/reservation.ts';
import { candidateOf } from '#launch/snapshot.ts';
import { lastSegment } from '#model/arn.ts';
import type { DaemonRevisionRow, DaemonRow } from '#model/daemon.ts';
import type { ContainerInstanceRow, TaskReservation } from '#model/rows.ts';
import type { Tx } from '#store/store.ts';
import { clusters, containerInstances, daemonRevisions, taskDefinitions, tasks } from '#store/tables/ecs.ts';

function daemonTemplate(
  tx: Tx,
  daemon: DaemonRow,
  revision: DaemonRevisionRow,
): Omit<TaskTemplate, 'capacityProviderName'> {
  const cluster = tx.get(clusters, daemon.clusterArn)!;
  return {
    cluster,
    definition: tx.get(taskDefinitions, revision.taskDefinitionArn)!,
    launchType: 'EC2',
    group: `daemon:${daemon.name}`,
    startedBy: lastSegment(daemon.deploymentArn),
    daemonArn: daemon.arn,
    deploymentId: revision.arn,
    enableExecuteCommand: revision.enableExecuteCommand,
    tags: launchTags({
      own: [],
      propagated: revision.propagateTags === 'DAEMON' ? daemon.tags : [],
      managed: revision.enableECSManagedTags ? { clusterName: cluster.name } : undefined,
    }),
  };
}

/** Nothing else runs on an instance without its critical daemon; see readiness.ts. */
export function drainInstance(tx: Tx, daemon: DaemonRow, instance: ContainerInstanceRow, statusReason: string): void {
  const version = instance.version + 1;
  tx.put(containerInstances, { ...instance, status: 'DRAINING', statusReason, drainedForDaemon: daemon.arn, version });
}

/** Whether the task would fit if the instance ran daemons only. Containers of daemons have no host ports and no GPUs. */
function fitsAlone(tx: Tx, instance: ContainerInstanceRow, demand: TaskReservation): boolean {
  const { free } = candidateOf(tx, instance, '');
  let { cpuUnits, memoryMiB } = free;
  for (const task of tx.find(tasks, 'liveByContainerInstance', instance.arn)) {
    if (task.daemonArn !== undefined) continue;
    cpuUnits += task.reservation.cpuUnits;
    memoryMiB += task.reservation.memoryMiB;
  }
  return demand.cpuUnits <= cpuUnits && demand.memoryMiB <= memoryMiB;
}

/** Starts a task on each instance; where there is no room, a critical daemon drains a step's share of them. */
export function launchAll(
  tx: Tx,
  deps: LaunchDeps,
  daemon: DaemonRow,
  arns: readonly string[],
  rows: ReadonlyMap<string, ContainerInstanceRow>,
  drainPercent: number,
): { readonly blocked: readonly string[]; readonly complaint: string | undefined } {
  const blocked: string[] = [];
  let complaint: string | undefined;
  if (arns.length === 0) return { blocked, complaint };
  const draining = [...rows.values()].filter((row) => row.drainedForDaemon === daemon.arn).length;
  let mayDrain = Math.max(1, Math.floor((rows.size * drainPercent) / 100)) - draining;
  const template = daemonTemplate(tx, daemon, tx.get(daemonRevisions, daemon.revisionArn)!);
  for (const arn of arns) {
    const instance = rows.get(arn)!;
    const own = { ...template, capacityProviderName: instance.capacityProviderName };
    const outcome = launchOn(tx, deps, own, instance);
    if (!isRefusal(outcome)) continue;
    blocked.push(arn);
    const isBusy = daemon.critical && instance.status === 'ACTIVE' && outcome.reason.startsWith('RESOURCE:');
    if (isBusy && mayDrain > 0 && fitsAlone(tx, instance, reservationOf(template.definition, undefined))) {
      drainInstance(tx, daemon, instance, `There is no room for the task of critical daemon ${daemon.name}.`);
      mayDrain -= 1;
    }
    complaint ??= `Unable to place a daemon task on container instance ${lastSegment(arn)}: ${outcome.reason}.`;
  }
  return { blocked, complaint };
}

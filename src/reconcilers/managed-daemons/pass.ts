/** One pass over a managed daemon, in one transaction: all instances of its capacity providers, then its deployment. */
import type { LaunchDeps } from '#launch/new-task.ts';
import type { DaemonArn } from '#model/arn.ts';
import { countRevision, type DaemonDeploymentRow, type DaemonRow, daemonThreshold, isOngoing } from '#model/daemon.ts';
import type { ContainerInstanceRow, TaskRow } from '#model/rows.ts';
import { loseTask, requestStop } from '#model/task-transition.ts';
import type { Tx } from '#store/store.ts';
import { containerInstances, daemonDeployments, daemonRevisions, daemons, tasks } from '#store/tables/ecs.ts';
import { PROVEN_AFTER_MS } from '../service-failures.ts';
import { completeDeployment, startDeployment, tripBreaker } from './deployment.ts';
import { type DaemonTally, endedUnwanted, forgive, tallyDaemon } from './failures.ts';
import { drainInstance, launchAll } from './launch.ts';
import { type DaemonInstance, hasFailed, planManagedDaemon } from './plan.ts';

/** More: a pass holds the event loop longer; fewer: a large cluster needs more passes. */
const MAX_LAUNCHES_PER_PASS = 250;

const LOST = 'The agent of its container instance is lost';

export interface PassResult {
  readonly nextMs: number | undefined;
  /** Instances that have no room for a task. */
  readonly blocked: readonly string[];
}

const instanceCount = (tx: Tx, daemon: DaemonRow): number =>
  daemon.capacityProviders
    .map((name) => tx.count(containerInstances, 'byCapacityProvider', `${daemon.clusterArn}#${name}`))
    .reduce((sum, count) => sum + count, 0);

/** Instances of the daemon's capacity providers, by ARN. */
function instancesOf(tx: Tx, daemon: DaemonRow): Map<string, ContainerInstanceRow> {
  const found = new Map<string, ContainerInstanceRow>();
  for (const name of daemon.capacityProviders) {
    for (const row of tx.find(containerInstances, 'byCapacityProvider', `${daemon.clusterArn}#${name}`)) {
      found.set(row.arn, row);
    }
  }
  return found;
}

/** Daemons leave a draining instance last. */
function hasOtherTasks(tx: Tx, arn: string): boolean {
  for (const task of tx.find(tasks, 'liveByContainerInstance', arn)) if (task.daemonArn === undefined) return true;
  return false;
}

function standingOf(tx: Tx, daemon: DaemonRow, row: ContainerInstanceRow | undefined): DaemonInstance['standing'] {
  if (!row || !daemon.capacityProviders.includes(row.capacityProviderName ?? '')) return 'unwanted';
  const isReturning = row.status === 'DRAINING' && row.drainedForDaemon !== undefined;
  const isOpen = row.status === 'ACTIVE' || row.status === 'REGISTERING';
  if (isOpen || isReturning) return !row.agentConnected ? 'away' : isReturning ? 'returning' : 'wanted';
  return row.status === 'DRAINING' && hasOtherTasks(tx, row.arn) ? 'kept' : 'unwanted';
}

function lookAt(
  tx: Tx,
  daemon: DaemonRow,
  rows: ReadonlyMap<string, ContainerInstanceRow>,
  live: readonly TaskRow[],
  full: ReadonlySet<string>,
): DaemonInstance[] {
  const byInstance = new Map<string, TaskRow[]>([...rows.keys()].map((arn) => [arn, []]));
  for (const task of live) {
    const arn = task.containerInstanceArn ?? '';
    const list = byInstance.get(arn);
    if (list) list.push(task);
    else byInstance.set(arn, [task]);
  }
  return [...byInstance].map(([arn, own]) => {
    const row = rows.get(arn) ?? tx.get(containerInstances, arn);
    const isLost = row?.lostAt !== undefined && !row.agentConnected;
    return { arn, tasks: own, isLost, standing: standingOf(tx, daemon, row), isFull: full.has(arn) };
  });
}

/** Marks ended tasks as seen, and drains the instances that a critical daemon has left. */
function settle(tx: Tx, tally: DaemonTally, nowMs: number): DaemonTally {
  const { daemon } = tally;
  const counted: TaskRow[] = [];
  for (const task of [...tx.find(tasks, 'unsettledByDaemon', daemon.arn)]) {
    tx.put(tasks, { ...task, settled: true });
    const instance = tx.get(containerInstances, task.containerInstanceArn ?? '');
    if (!instance || instance.status === 'INACTIVE') continue;
    counted.push(task);
    if (!daemon.critical || instance.status !== 'ACTIVE' || !endedUnwanted(daemon, task)) continue;
    drainInstance(tx, daemon, instance, `The task of critical daemon ${daemon.name} has stopped.`);
  }
  return tallyDaemon(tally, counted, nowMs);
}

/** Digests that agents have resolved since the revision was made. */
function noteDigests(tx: Tx, arn: string, live: readonly TaskRow[]): void {
  const revision = tx.get(daemonRevisions, arn);
  if (!revision || revision.containerImages.every((image) => image.imageDigest !== undefined)) return;
  const task = live.find((one) => one.deploymentId === arn && isResolved(one));
  if (!task) return;
  const digests = new Map(task.containers.map((container) => [container.name, container.imageDigest]));
  const containerImages = revision.containerImages.map((image) => {
    const imageDigest = image.imageDigest ?? digests.get(image.containerName);
    return imageDigest === undefined ? image : { ...image, imageDigest };
  });
  tx.put(daemonRevisions, { ...revision, containerImages });
}

const isResolved = (task: TaskRow) => task.containers.some((container) => container.imageDigest !== undefined);

/** The counts that DescribeDaemonDeployments keeps answering. */
function withOutcome(
  tx: Tx,
  daemon: DaemonRow,
  deployment: DaemonDeploymentRow,
  rows: ReadonlyMap<string, ContainerInstanceRow>,
): DaemonDeploymentRow {
  const live = [...tx.find(tasks, 'liveByDaemon', daemon.arn)];
  const arns = [deployment.targetRevisionArn, ...deployment.sourceRevisionArns];
  const revisions = arns.flatMap((arn) => tx.get(daemonRevisions, arn) ?? []);
  const outcome = revisions.map((revision) =>
    countRevision(revision, revision.arn === daemon.revisionArn, live, [...rows.values()]),
  );
  return { ...deployment, outcome };
}

/** `full`: instances that had no room in the last pass. */
export function passDaemon(
  tx: Tx,
  deps: LaunchDeps,
  arn: DaemonArn,
  full: ReadonlySet<string>,
): PassResult | undefined {
  const before = tx.get(daemons, arn);
  const record = before && tx.get(daemonDeployments, before.deploymentArn);
  if (!before || !record) return undefined;
  const nowMs = deps.clock.now();
  let tally = settle(tx, { daemon: before, deployment: startDeployment(record, nowMs) }, nowMs);
  const stable = before.stableRevisionArn && tx.get(daemonRevisions, before.stableRevisionArn);
  const threshold = daemonThreshold(instanceCount(tx, tally.daemon));
  if (isOngoing(tally.deployment)) tally = { ...tally, deployment: withThreshold(tally.deployment, threshold) };
  tally = tripBreaker(tally, stable || undefined, nowMs);
  const live = [...tx.find(tasks, 'liveByDaemon', arn)];
  tally = { ...tally, daemon: forgive(tally.daemon, live, nowMs) };
  const { daemon } = tally;
  const rows = instancesOf(tx, daemon);
  const instances = lookAt(tx, daemon, rows, live, full);
  const held = hasFailed(tally.deployment) || (daemon.nextLaunchAt ?? 0) > nowMs;
  const plan = planManagedDaemon({ daemon, deployment: tally.deployment, instances, held, nowMs });
  const stop = { stopCode: 'ServiceSchedulerInitiated' } as const;
  for (const { task, reason } of plan.stops) tx.put(tasks, requestStop(task, { ...stop, reason, nowMs }));
  for (const task of plan.lost) tx.put(tasks, loseTask(tx.get(tasks, task.arn)!, { ...stop, reason: LOST, nowMs }));
  const { drainPercent } = tally.deployment.configuration;
  const launchOn = plan.launchOn.slice(0, MAX_LAUNCHES_PER_PASS);
  const { blocked, complaint } = launchAll(tx, deps, daemon, launchOn, rows, drainPercent);
  let deployment = tally.deployment;
  if (isOngoing(deployment)) {
    const { bakeUntil: _, stepUnderWay: __, ...rest } = deployment;
    deployment = {
      ...rest,
      ...(plan.stepUnderWay && { stepUnderWay: true }),
      ...(plan.bakeUntil !== undefined && { bakeUntil: plan.bakeUntil }),
      ...(complaint !== undefined && { statusReason: complaint }),
    };
    if (plan.done) tally = completeDeployment({ daemon, deployment }, nowMs);
    else tally = { daemon, deployment };
  }
  if (record.finishedAt === undefined && !isOngoing(tally.deployment)) {
    tally = { ...tally, deployment: withOutcome(tx, tally.daemon, tally.deployment, rows) };
  }
  write(tx, before, record, tally);
  noteDigests(tx, daemon.revisionArn, live);
  const times = [
    daemon.failuresInARow > 0 && live.length > 0 ? nowMs + PROVEN_AFTER_MS : undefined,
    launchOn.length < plan.launchOn.length ? nowMs : undefined,
    plan.lookAgainAt,
    (daemon.nextLaunchAt ?? 0) > nowMs ? daemon.nextLaunchAt : undefined,
  ];
  const due = times.filter((time) => time !== undefined);
  return { blocked, nextMs: due.length > 0 ? Math.min(...due) : undefined };
}

const withThreshold = (row: DaemonDeploymentRow, threshold: number): DaemonDeploymentRow =>
  row.threshold === threshold ? row : { ...row, threshold };

/** A deleted daemon is gone when its deployment is over; its deployments stay for a while. */
function write(tx: Tx, before: DaemonRow, record: DaemonDeploymentRow, { daemon, deployment }: DaemonTally): void {
  if (JSON.stringify(deployment) !== JSON.stringify(record)) tx.put(daemonDeployments, deployment);
  if (daemon.status === 'DELETE_IN_PROGRESS' && !isOngoing(deployment)) {
    tx.delete(daemons, daemon.arn);
    return;
  }
  const arns = [daemon.revisionArn, ...(daemon.stableRevisionArn ? [daemon.stableRevisionArn] : [])];
  const definitions = [...new Set(arns.map((arn) => tx.get(daemonRevisions, arn)!.taskDefinitionArn))];
  const kept = definitions.join() === daemon.taskDefinitionArns.join() ? daemon.taskDefinitionArns : definitions;
  const next = kept === daemon.taskDefinitionArns ? daemon : { ...daemon, taskDefinitionArns: kept };
  if (next === before || JSON.stringify(next) === JSON.stringify(before)) return;
  tx.put(daemons, next);
}

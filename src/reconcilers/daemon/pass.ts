/** One pass over a DAEMON service, in one transaction: a batch of its instances, then what the service says of itself. */
import { type DaemonLaunch, daemonLaunch, hasTaskOf, unsuited } from '#launch/launch-daemon.ts';
import { isRefusal, launchOn } from '#launch/launch-tasks.ts';
import type { Clock } from '#lib/clock.ts';
import type { Random } from '#lib/random.ts';
import type { ServiceRow, TaskRow } from '#model/rows.ts';
import type { ServiceDeploymentRow } from '#model/service-deployment.ts';
import { loseTask, requestStop } from '#model/task-transition.ts';
import { parseConstraints } from '#placement/parse-request.ts';
import type { Store, Tx } from '#store/store.ts';
import { containerInstances, services, tasks } from '#store/tables/ecs.ts';
import { currentServiceDeployment, recordServiceDeployment } from '../service-deployments.ts';
import { isUnplaceable, startedEvent, stoppedEvent, stuckEvent, unplaceableEvent } from '../service-events.ts';
import { PROVEN_AFTER_MS } from '../service-failures.ts';
import {
  noteComplaint,
  noteSteadiness,
  SAME_EVENT_MS,
  STEADY_AGAIN_MS,
  serviceTemplate,
  settleEnded,
} from '../service-pass.ts';
import type { DaemonMemory } from './memory.ts';
import { type DaemonInstance, type DaemonPlan, planDaemon } from './plan.ts';

export interface DaemonReconcilerDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  /** Rollout states, circuit breaker and old deployments, as for every rolling deployment; see service/deployments.ts. */
  readonly deployments: {
    readonly failDeployment: (
      service: ServiceRow,
      nowMs: number,
      request?: 'ROLLBACK_REQUESTED' | 'STOP_REQUESTED',
    ) => Standing;
    readonly standDeployments: (
      service: ServiceRow,
      wanted: ReadonlyMap<string, number>,
      steady: boolean,
      nowMs: number,
    ) => Standing;
  };
}

interface Standing {
  readonly service: ServiceRow;
  readonly events: readonly string[];
}

/** More: a pass holds the event loop longer; fewer: a large cluster needs more passes. */
const MAX_INSTANCES_PER_PASS = 250;

const LOST = 'The agent of its container instance is lost';

export const primaryOf = (service: ServiceRow) =>
  service.deployments.find((deployment) => deployment.status === 'PRIMARY')!;

/** Tasks of a REPLICA service leave a draining instance before a daemon's. */
function hasReplicaTasks(tx: Tx, live: readonly TaskRow[]): boolean {
  return live.some((task) => {
    const owner = task.serviceArn === undefined ? undefined : tx.get(services, task.serviceArn);
    return owner !== undefined && owner.schedulingStrategy === 'REPLICA';
  });
}

function lookAt(tx: Tx, service: ServiceRow, launch: DaemonLaunch, arn: string): DaemonInstance {
  const instance = tx.get(containerInstances, arn);
  const hasTask = instance !== undefined && hasTaskOf(tx, launch, instance);
  const isDraining = instance?.status === 'DRAINING';
  const live = hasTask ? [...tx.find(tasks, 'liveByContainerInstance', arn)] : [];
  const own = live.filter((task) => task.serviceArn === service.arn);
  const seen = { arn, tasks: own, isLost: instance?.lostAt !== undefined && !instance.agentConnected };
  if (isDraining) return { ...seen, standing: hasReplicaTasks(tx, live) ? 'draining' : 'draining-last' };
  const suits = instance?.status === 'ACTIVE' && unsuited(tx, launch, instance, own.length > 0) === undefined;
  return { ...seen, standing: suits ? 'wanted' : 'unwanted' };
}

/** What StopServiceDeployment has asked for. */
export function stopRequestOf(record: ServiceDeploymentRow | undefined) {
  const status = record?.status;
  return status === 'ROLLBACK_REQUESTED' || status === 'STOP_REQUESTED' ? status : undefined;
}

/** How many serving tasks may go without falling below minimumHealthyPercent, rounded up. */
function mayLose(tx: Tx, service: ServiceRow): number {
  const { minimumHealthyPercent = 0 } = service.deploymentConfiguration;
  const min = Math.ceil((service.desiredCount * minimumHealthyPercent) / 100);
  return Math.max(0, tx.sum(tasks, 'byService', service.arn)['serving']! - min);
}

export class DaemonPass {
  readonly events: string[] = [];
  readonly #tx: Tx;
  readonly #deps: DaemonReconcilerDeps;
  readonly #memory: DaemonMemory;
  readonly #nowMs: number;
  /** The service's tasks on the instances that this pass has looked at, as they were. */
  #seen: readonly TaskRow[] = [];

  constructor(tx: Tx, deps: DaemonReconcilerDeps, memory: DaemonMemory) {
    this.#tx = tx;
    this.#deps = deps;
    this.#memory = memory;
    this.#nowMs = deps.clock.now();
  }

  /** Looks at the next instances, and does what they need. */
  #advance(service: ServiceRow): DaemonPlan {
    const tx = this.#tx;
    const memory = this.#memory;
    const { id, taskDefinitionArn, nextLaunchAt = 0, rolloutState } = primaryOf(service);
    const source = { id, taskDefinitionArn, launchType: service.launchType ?? 'EC2' };
    const launch = daemonLaunch(serviceTemplate(tx, service, source), parseConstraints(service.placementConstraints));
    const held = rolloutState === 'FAILED' || nextLaunchAt > this.#nowMs;
    if (!held) for (const arn of memory.missing) memory.dirty.add(arn);
    const lose = mayLose(tx, service);
    // Some more than may go: the first ones may be protected.
    let turns = held || lose === 0 ? 0 : Math.min(MAX_INSTANCES_PER_PASS, 2 * lose + 8);
    for (const arn of memory.outdated) {
      if (turns-- <= 0) break;
      memory.dirty.add(arn);
    }
    const batch = memory.take(MAX_INSTANCES_PER_PASS, (after) => this.#instances(service, after));
    const instances = batch.map((arn) => lookAt(tx, service, launch, arn));
    this.#seen = instances.flatMap((instance) => instance.tasks);
    for (const { arn, standing } of instances) memory.note(arn, standing === 'wanted');
    const plan = planDaemon({ service, deploymentId: id, instances, mayLose: lose, held, nowMs: this.#nowMs });
    for (const arn of plan.outdated) memory.outdated.add(arn);
    for (const arn of plan.missing) memory.missing.add(arn);
    this.#stop(service, plan);
    this.#launch(service, launch, plan);
    memory.endBatch();
    return plan;
  }

  *#instances(service: ServiceRow, after: string | undefined): Generator<string> {
    for (const row of this.#tx.find(containerInstances, 'byCluster', service.clusterArn, after)) yield row.arn;
  }

  #stop(service: ServiceRow, plan: DaemonPlan): void {
    for (const { task, reason } of plan.stops) {
      const stop = { stopCode: 'ServiceSchedulerInitiated', reason, nowMs: this.#nowMs } as const;
      this.#tx.put(tasks, requestStop(task, stop));
    }
    for (const task of plan.lost) {
      this.#tx.put(tasks, loseTask(task, { stopCode: 'ServiceSchedulerInitiated', reason: LOST, nowMs: this.#nowMs }));
    }
    const stopped = plan.stops.map(({ task }) => task);
    if (stopped.length > 0) this.events.push(stoppedEvent(service, stopped));
  }

  #launch(service: ServiceRow, launch: DaemonLaunch, plan: DaemonPlan): void {
    const started: TaskRow[] = [];
    for (const arn of plan.launchOn) {
      const outcome = launchOn(this.#tx, this.#deps, launch.template, this.#tx.get(containerInstances, arn)!);
      if (isRefusal(outcome)) this.#memory.blocked.set(arn, outcome);
      else started.push(outcome);
    }
    if (started.length > 0) this.events.push(startedEvent(service, started));
  }

  /** Live tasks that may have proven a failing deployment to be sound: all of them, or as many as a pass may look at. */
  #sample(service: ServiceRow): TaskRow[] {
    const sample: TaskRow[] = [];
    if (!service.deployments.some((one) => one.failuresInARow > 0 || one.failedTasks > 0)) return sample;
    for (const task of this.#tx.find(tasks, 'liveByService', service.arn)) {
      if (sample.length === MAX_INSTANCES_PER_PASS) break;
      sample.push(task);
    }
    return sample;
  }

  /** The desired count is the number of instances that want a task, once all of them have been looked at. */
  #count(service: ServiceRow): ServiceRow {
    const desiredCount = service.status === 'ACTIVE' ? this.#memory.wanted.size : 0;
    if (!this.#memory.isKnown || service.desiredCount === desiredCount) return service;
    const deployments = service.deployments.map((deployment) =>
      deployment.status === 'PRIMARY' ? { ...deployment, desiredCount, updatedAt: this.#nowMs } : deployment,
    );
    return { ...service, desiredCount, deployments };
  }

  #isSteady(service: ServiceRow): boolean {
    const { dirty, isKnown } = this.#memory;
    const all = this.#tx.sum(tasks, 'byService', service.arn);
    const own = this.#tx.sum(tasks, 'byDeployment', primaryOf(service).id);
    const wanted = service.desiredCount;
    return (
      isKnown &&
      dirty.size === 0 &&
      all['serving'] === wanted &&
      all['pending']! + all['running']! === wanted &&
      own['pending']! + own['running']! === wanted
    );
  }

  #complain(service: ServiceRow, plan: DaemonPlan): ServiceRow {
    const [refusal] = this.#memory.blocked.values();
    const { lastEventKey, lastEventAt = 0 } = service;
    const saidLately = isUnplaceable(lastEventKey) && this.#nowMs - lastEventAt < SAME_EVENT_MS;
    if (refusal && saidLately) return service;
    if (refusal) return noteComplaint(service, unplaceableEvent(service, [refusal]), this.#nowMs, this.events);
    const all = this.#tx.sum(tasks, 'byService', service.arn);
    const inMotion = plan.stops.length > 0 || all['serving']! < all['pending']! + all['running']!;
    const isStuck = this.#memory.outdated.size > 0 && !inMotion && mayLose(this.#tx, service) === 0;
    return isStuck ? noteComplaint(service, stuckEvent(service), this.#nowMs, this.events) : service;
  }

  run(before: ServiceRow): { readonly service: ServiceRow; readonly nextMs: number | undefined } {
    const tx = this.#tx;
    const { failDeployment, standDeployments } = this.#deps.deployments;
    const settled = settleEnded(tx, before, this.#sample(before), this.#nowMs);
    const request = stopRequestOf(currentServiceDeployment(tx, settled.service));
    const failed = failDeployment(settled.service, this.#nowMs, request);
    this.events.push(...settled.events, ...failed.events);
    const plan = this.#advance(failed.service);
    let service = this.#count(failed.service);
    const steady = this.#isSteady(service);
    const wanted = service.deployments.map(({ id }) => [id, tx.sum(tasks, 'byDeployment', id)['wanted']!] as const);
    const hasFailed = failed.service !== settled.service;
    const standing = standDeployments(service, new Map(wanted), steady && !hasFailed, this.#nowMs);
    this.events.push(...standing.events);
    service = this.#complain(standing.service, plan);
    service = noteSteadiness(service, steady, this.#nowMs, this.events);
    if (service.status === 'DRAINING' && tx.count(tasks, 'liveByService', service.arn) === 0) {
      service = { ...service, status: 'INACTIVE', inactiveAt: this.#nowMs };
    }
    recordServiceDeployment(tx, service, this.#seen, this.#nowMs);
    return { service, nextMs: this.#nextLook(service, plan) };
  }

  #nextLook(service: ServiceRow, plan: DaemonPlan): number | undefined {
    const { dirty, isScanning, missing, outdated } = this.#memory;
    const { nextLaunchAt = 0, failuresInARow } = primaryOf(service);
    const isThrottled = nextLaunchAt > this.#nowMs;
    const times = [
      dirty.size > 0 || isScanning ? this.#nowMs : undefined,
      isThrottled && missing.size + outdated.size > 0 ? nextLaunchAt : undefined,
      failuresInARow > 0 ? this.#nowMs + PROVEN_AFTER_MS : undefined,
      service.steadyAt === undefined ? undefined : service.steadyAt + STEADY_AGAIN_MS,
      plan.lookAgainAt,
    ].filter((time) => time !== undefined);
    return times.length > 0 ? Math.min(...times) : undefined;
  }
}

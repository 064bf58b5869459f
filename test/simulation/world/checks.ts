/**
 * What must hold. `watchStore` looks at every transaction and at every durable change; `findUnsettled` says what is not
 * as it should be once faults have ended.
 */
import { portsOf } from '#model/host-ports.ts';
import type { ServiceRow, TaskRow } from '#model/rows.ts';
import { taskStatuses } from '#model/task-status.ts';
import { type ChangeSet, changeOf, type Store } from '#store/store.ts';
import { containerInstances, daemons, serviceEvents, services, tasks } from '#store/tables/ecs.ts';
import type { Life } from './clock.ts';
import type { Machine } from './machine.ts';
import {
  checkSchedulers,
  isFailing,
  unsettledDaemon,
  unsettledDaemonService,
  unsettledInstances,
  unsettledTaskSets,
} from './scheduler-checks.ts';

export const checks = [
  'running-task-has-one-set-of-containers',
  'nothing-runs-for-a-stopped-task',
  'service-converged-or-says-why',
  'no-instance-over-committed',
  'acknowledged-call-not-lost',
  'last-status-never-backwards',
  'durable-feed-tells-each-change-once',
  'sequence-numbers-not-reused',
  'nothing-leaves-before-it-is-durable',
  'no-task-on-two-machines',
  'control-plane-logs-no-error',
  'one-daemon-task-an-instance',
  'tasks-only-where-instances-are-open',
  'failed-deployment-starts-nothing',
  'protected-tasks-stay',
  'daemon-converged-or-says-why',
  'critical-daemons-come-first',
] as const;
export type Check = (typeof checks)[number];
export type Violate = (check: Check, message: string) => void;

const rank = (task: TaskRow) => taskStatuses.indexOf(task.lastStatus);
export const taskArnLabel = 'com.amazonaws.ecs.task-arn';

function resourceOf(row: { registeredResources: readonly { name?: string; integerValue?: number }[] }, name: string) {
  return row.registeredResources.find((one) => one.name === name)?.integerValue ?? 0;
}

function checkCommitment(store: Store, arn: string, violate: Violate): void {
  const row = store.get(containerInstances, arn);
  if (!row) return;
  const live = [...store.find(tasks, 'liveByContainerInstance', arn)];
  const sum = (pick: (task: TaskRow) => number) => live.reduce((total, task) => total + pick(task), 0);
  const cpu = sum((task) => task.reservation.cpuUnits);
  const memory = sum((task) => task.reservation.memoryMiB);
  if (cpu > resourceOf(row, 'CPU')) violate('no-instance-over-committed', `${arn} has ${cpu} CPU units of tasks`);
  if (memory > resourceOf(row, 'MEMORY')) violate('no-instance-over-committed', `${arn} has ${memory} MiB of tasks`);
  const ports = live.flatMap((task) => [...new Set(portsOf(task).map((one) => `${one.protocol}/${one.hostPort}`))]);
  const twice = ports.find((port, at) => ports.indexOf(port) !== at);
  if (twice) violate('no-instance-over-committed', `${twice} of ${arn} is held twice`);
}

/** What outlives a control plane: the newest durable facts that anybody has been told. */
export class DurableFeed {
  #revision = 0;
  readonly #ranks = new Map<string, number>();
  readonly #versions = new Map<string, number>();
  readonly #desired = new Map<string, string>();
  readonly #violate: Violate;

  constructor(violate: Violate) {
    this.#violate = violate;
  }

  /** A control plane has started: what was told before must be there still. */
  onStart(store: Store): void {
    if (store.revision < this.#revision) {
      const message = `revision ${this.#revision} was told as durable, ${store.revision} was found`;
      this.#violate('durable-feed-tells-each-change-once', message);
    }
    for (const row of store.all(tasks)) {
      const known = this.#ranks.get(row.arn);
      if (known !== undefined && rank(row) < known) {
        this.#violate('last-status-never-backwards', `${row.arn} is ${row.lastStatus} again`);
      }
      // What became durable just before the end is not told any more (docs/store.md): the new process reads it.
      this.#remember(row);
    }
    this.#revision = store.revision;
  }

  #remember(row: TaskRow): void {
    this.#ranks.set(row.arn, rank(row));
    this.#versions.set(row.arn, row.version);
    this.#desired.set(row.arn, row.desiredStatus);
  }

  /** The control plane sends an agent a task. */
  onPayload(arn: string, desiredStatus: string): void {
    const durable = this.#desired.get(arn);
    if (durable !== undefined && (desiredStatus === 'RUNNING' || durable === 'STOPPED')) return;
    const message = `${arn} was sent as ${desiredStatus}, durable is ${durable ?? 'nothing'}`;
    this.#violate('nothing-leaves-before-it-is-durable', message);
  }

  onDurable({ revision, changes }: ChangeSet): void {
    if (revision !== this.#revision + 1) {
      const message = `revision ${revision} was told after ${this.#revision}`;
      this.#violate('durable-feed-tells-each-change-once', message);
    }
    this.#revision = revision;
    for (const change of changes) {
      const after = changeOf(tasks, change)?.after;
      if (!after) continue;
      const known = this.#ranks.get(after.arn);
      if (known !== undefined && rank(after) < known) {
        this.#violate('last-status-never-backwards', `${after.arn} was told as ${after.lastStatus} too late`);
      }
      const before = changeOf(tasks, change)?.before;
      const version = this.#versions.get(after.arn);
      if (before && version !== undefined && before.version !== version) {
        const message = `${after.arn} went on from version ${before.version}, ${version} was told`;
        this.#violate('durable-feed-tells-each-change-once', message);
      }
      this.#remember(after);
    }
  }
}

export function watchStore(store: Store, life: Life, feed: DurableFeed, violate: Violate): void {
  feed.onStart(store);
  store.subscribe('durable', (set) => {
    if (!life.dead) feed.onDurable(set);
  });
  store.subscribe('committed', ({ changes }) => {
    if (life.dead) return;
    const instances = new Set<string>();
    for (const change of changes) {
      const moved = changeOf(tasks, change);
      if (moved?.after?.containerInstanceArn) instances.add(moved.after.containerInstanceArn);
      if (!moved?.before || !moved.after) continue;
      if (rank(moved.after) < rank(moved.before)) {
        violate('last-status-never-backwards', `${moved.key}: ${moved.before.lastStatus} → ${moved.after.lastStatus}`);
      }
      if (moved.before.desiredStatus === 'STOPPED' && moved.after.desiredStatus === 'RUNNING') {
        violate('last-status-never-backwards', `${moved.key} shall run again`);
      }
    }
    for (const arn of instances) checkCommitment(store, arn, violate);
    checkSchedulers(store, changes, life.clock.now(), violate);
  });
}

interface RunningContainer {
  readonly machine: Machine;
  readonly name: string;
  readonly taskArn: string;
}

export function runningContainers(machines: readonly Machine[]): RunningContainer[] {
  return machines.flatMap((machine) =>
    [...machine.engine.containers.values()]
      .filter((container) => container.state === 'running')
      .map((container) => ({ machine, name: container.spec.name, taskArn: container.labels[taskArnLabel] ?? '' })),
  );
}

/** At any time: a task's containers are on one machine only. */
export function checkOneMachine(machines: readonly Machine[], violate: Violate): void {
  const seen = new Map<string, Machine>();
  for (const { machine, taskArn } of runningContainers(machines)) {
    const other = seen.get(taskArn) ?? machine;
    if (other !== machine) violate('no-task-on-two-machines', `${taskArn} runs on ${other.name} and ${machine.name}`);
    seen.set(taskArn, machine);
  }
}

/** ECS says in a service event why a service is not as it should be. */
const reasons = /unable to (consistently start tasks|place a task|stop or start tasks)|rolling back|deployment failed/;

function unsettledService(store: Store, row: ServiceRow): string | undefined {
  if (row.deploymentController.type === 'EXTERNAL') return unsettledTaskSets(store, row, reasons);
  const live = [...store.find(tasks, 'liveByService', row.arn)];
  if (row.status === 'INACTIVE')
    return live.length > 0 ? `${live.length} tasks of an INACTIVE service live` : undefined;
  const healthy = (task: TaskRow) =>
    task.lastStatus === 'RUNNING' &&
    task.desiredStatus === 'RUNNING' &&
    (task.healthStatus === 'HEALTHY' || !task.containers.some((one) => one.essential && one.healthChecked));
  const current = row.deployments[0]!;
  const good = live.filter((task) => healthy(task) && task.deploymentId === current.id);
  if (row.status === 'ACTIVE' && good.length === row.desiredCount && live.length === good.length) {
    return unsettledDaemonService(store, row);
  }
  const events = [...store.find(serviceEvents, 'byService', row.arn)];
  if (events.some((event) => event.createdAt >= current.createdAt && reasons.test(event.message))) return undefined;
  const states = live.map((task) => `${task.lastStatus}/${task.desiredStatus}/${task.healthStatus}`);
  return `${row.status} with ${good.length} good of ${row.desiredCount} tasks: ${states.join(' ')}; ${events.at(-1)?.message ?? 'no event'}`;
}

/** Its tasks run for a while and exit, for ever: none of them has failed to start, and it is never quite steady. */
function endsByItself(store: Store, row: ServiceRow, nowMs: number): boolean {
  for (const task of store.find(tasks, 'byService', row.arn)) {
    if (task.stopCode === 'EssentialContainerExited' && nowMs - (task.stoppedAt ?? 0) < 120_000) return true;
  }
  return false;
}

/** Everything that is not as it must be when nothing is wrong any more. */
export function findUnsettled(store: Store, machines: readonly Machine[], nowMs: number): [Check, string][] {
  const found: [Check, string][] = [];
  const running = runningContainers(machines);
  for (const { machine, taskArn, name } of running) {
    const row = store.get(tasks, taskArn);
    if (row && row.desiredStatus === 'RUNNING' && row.lastStatus !== 'STOPPED') continue;
    const state = row ? `${row.desiredStatus}/${row.lastStatus} (${row.stoppedReason})` : 'gone';
    found.push(['nothing-runs-for-a-stopped-task', `${name} runs on ${machine.name}; its task ${taskArn} is ${state}`]);
  }
  for (const row of store.all(tasks)) {
    if (row.desiredStatus === 'STOPPED' && row.lastStatus !== 'STOPPED') {
      found.push(['nothing-runs-for-a-stopped-task', `${row.arn} shall stop, but is ${row.lastStatus}`]);
      continue;
    }
    if (row.lastStatus !== 'RUNNING') continue;
    const mine = running.filter((one) => one.taskArn === row.arn);
    const right = mine.filter((one) => one.machine.containerInstanceArn === row.containerInstanceArn);
    const wanted = row.containers.filter((one) => one.lastStatus === 'RUNNING').length;
    if (mine.length === wanted && right.length === wanted) continue;
    const where = mine.map((one) => `${one.name}@${one.machine.name}`).join(' ') || 'nothing';
    found.push([
      'running-task-has-one-set-of-containers',
      `${row.arn} on ${row.containerInstanceArn} wants ${wanted}: ${where}`,
    ]);
  }
  // A critical daemon that fails stops the other tasks of its instance again and again.
  const isShaken = [...store.all(daemons)].some((one) => one.critical && isFailing(store, one, nowMs));
  for (const row of store.all(services)) {
    const problem = unsettledService(store, row);
    if (problem && !isShaken && !endsByItself(store, row, nowMs))
      found.push(['service-converged-or-says-why', `${row.name}: ${problem}`]);
  }
  for (const row of store.all(daemons)) {
    const problem = unsettledDaemon(store, row, nowMs);
    if (problem) found.push(['daemon-converged-or-says-why', `${row.name}: ${problem}`]);
  }
  const waiting = unsettledInstances(store);
  if (waiting) found.push(['daemon-converged-or-says-why', waiting]);
  return found;
}

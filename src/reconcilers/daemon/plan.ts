/**
 * What a DAEMON service needs next on some of its cluster's container instances: pure, from one consistent view to a plan.
 *
 * - Each wanted instance has one task; a further one is never launched while one is there that has not stopped.
 * - A task of another revision, or one that fails its health checks, is stopped first and replaced when it is gone.
 *   Serving tasks are given up only as far as minimumHealthyPercent allows (`mayLose`), and not while launches are held.
 * - A draining instance keeps its task until the tasks of REPLICA services on it are gone.
 * - What was to stop on an instance whose agent is lost has stopped; a task that is wanted there stays.
 * - An instance that is not wanted has none. Planning a state that is as it should be gives an empty plan.
 *
 * Instances are planned each for itself but for `mayLose`, so any part of a cluster can be planned at a time.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_services.html
 */
import type { ServiceRow, TaskRow } from '#model/rows.ts';
import { isProtected } from '#model/task-protection.ts';
import { isServing } from '#model/task-serving.ts';
import { UNHEALTHY_REASON } from '../service-failures.ts';
import { isUnhealthy } from '../service-tasks.ts';

export interface DaemonInstance {
  readonly arn: string;
  /** `draining` keeps the task that it has, `draining-last` gives it up: no task of a REPLICA service is left there. */
  readonly standing: 'wanted' | 'draining' | 'draining-last' | 'unwanted';
  /** The service's tasks there that have not stopped. */
  readonly tasks: readonly TaskRow[];
  /** Its agent has been away so long that nobody waits for what it says. */
  readonly isLost?: boolean;
}

export interface DaemonView {
  readonly service: ServiceRow;
  /** Of the PRIMARY deployment. */
  readonly deploymentId: string;
  readonly instances: readonly DaemonInstance[];
  /** How many serving tasks may be given up now without falling below minimumHealthyPercent. */
  readonly mayLose: number;
  /** No launches now: they are throttled, or the deployment has failed. */
  readonly held: boolean;
  readonly nowMs: number;
}

export interface DaemonPlan {
  /** Instances that get a task now. */
  readonly launchOn: readonly string[];
  readonly stops: readonly { readonly task: TaskRow; readonly reason: string }[];
  /** Tasks that were to stop on lost instances: they have stopped, as far as anybody can know. */
  readonly lost: readonly TaskRow[];
  /** Instances whose task has to be replaced and must wait for its turn. */
  readonly outdated: readonly string[];
  /** Instances that get a task when launches are no longer held. */
  readonly missing: readonly string[];
  /** Look again at this time even if nothing changes (epoch ms). */
  readonly lookAgainAt?: number;
}

/** The task to keep of several of the PRIMARY deployment: one that serves, else the oldest. */
function best(tasks: readonly TaskRow[]): TaskRow | undefined {
  const rank = (task: TaskRow) => (isServing(task) ? 0 : 1);
  return [...tasks].sort((a, b) => rank(a) - rank(b) || a.createdAt - b.createdAt || (a.arn < b.arn ? -1 : 1))[0];
}

export function planDaemon(view: DaemonView): DaemonPlan {
  const { service, deploymentId, nowMs } = view;
  const scaling = `Scaling activity initiated by (deployment ${deploymentId})`;
  const launchOn: string[] = [];
  const stops: { task: TaskRow; reason: string }[] = [];
  const lost: TaskRow[] = [];
  const outdated: string[] = [];
  const missing: string[] = [];
  let { mayLose } = view;
  let lookAgainAt: number | undefined;
  const stop = (task: TaskRow, reason: string) => {
    if (isServing(task)) mayLose -= 1;
    stops.push({ task, reason });
  };
  for (const instance of view.instances) {
    const wanted = instance.tasks.filter((task) => task.desiredStatus === 'RUNNING');
    if (instance.isLost) lost.push(...instance.tasks.filter((task) => task.desiredStatus === 'STOPPED'));
    const isActive = service.status === 'ACTIVE';
    if (isActive && instance.standing === 'draining') continue;
    if (!isActive || instance.standing !== 'wanted') {
      for (const task of wanted) stop(task, scaling);
      continue;
    }
    const sick = wanted.filter((task) => isUnhealthy(service, task, nowMs));
    const current = best(wanted.filter((task) => task.deploymentId === deploymentId && !sick.includes(task)));
    if (current) {
      for (const task of wanted) if (task !== current) stop(task, scaling);
      continue;
    }
    if (instance.tasks.length === 0) (view.held ? missing : launchOn).push(instance.arn);
    for (const task of wanted) {
      if (sick.includes(task)) stop(task, UNHEALTHY_REASON);
      else if (isProtected(task, nowMs)) {
        lookAgainAt = Math.min(task.protectedUntil!, lookAgainAt ?? Number.POSITIVE_INFINITY);
        outdated.push(instance.arn);
      } else if (!view.held && (mayLose > 0 || !isServing(task))) stop(task, scaling);
      else outdated.push(instance.arn);
    }
  }
  return { launchOn, stops, lost, outdated, missing, ...(lookAgainAt !== undefined && { lookAgainAt }) };
}

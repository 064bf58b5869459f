/**
 * What a managed daemon needs next on the container instances of its capacity providers: pure, from one consistent view to
 * a plan.
 *
 * - Each wanted instance has one task of the daemon's revision; a further one is never launched while one is there that has
 *   not stopped.
 * - An instance without a task gets one at once. Tasks of another revision are replaced in steps of `drainPercent` of the
 *   instances: a step begins when all tasks of the last one serve and its bake time is over.
 * - A task that fails its health checks is stopped; so is a task of another revision that does not serve, out of turn.
 * - An instance that is away (its agent is) or draining keeps what it has. One that is unwanted has no task. A deployment is
 *   not done while an instance is away without being lost; it does not wait for room where the daemon is not critical.
 * - Deletion stops the tasks in the same steps. Planning a state that is as it should be gives an empty plan.
 */
import type { DaemonDeploymentRow, DaemonRow } from '#model/daemon.ts';
import type { TaskRow } from '#model/rows.ts';
import { isServing } from '#model/task-serving.ts';
import { UNHEALTHY_REASON } from '../service-failures.ts';

export interface DaemonInstance {
  readonly arn: string;
  /** `returning`: drained for a critical daemon, and wanted again when it is empty. */
  readonly standing: 'wanted' | 'returning' | 'away' | 'kept' | 'unwanted';
  /** The daemon's tasks there that have not stopped. */
  readonly tasks: readonly TaskRow[];
  /** Its agent has been away so long that nobody waits for what it says. */
  readonly isLost: boolean;
  /** It had no room for the task when it was last tried. */
  readonly isFull?: boolean;
}

export interface ManagedDaemonView {
  readonly daemon: DaemonRow;
  readonly deployment: DaemonDeploymentRow;
  readonly instances: readonly DaemonInstance[];
  /** No launches now: they are throttled. */
  readonly held: boolean;
  readonly nowMs: number;
}

export interface ManagedDaemonPlan {
  readonly launchOn: readonly string[];
  readonly stops: readonly { readonly task: TaskRow; readonly reason: string }[];
  /** Tasks that were to stop on lost instances: they have stopped, as far as anybody can know. */
  readonly lost: readonly TaskRow[];
  readonly stepUnderWay: boolean;
  readonly bakeUntil?: number;
  /** Every instance is as the daemon wants it, and has been for the bake time. */
  readonly done: boolean;
  /** Look again at this time even if nothing changes (epoch ms). */
  readonly lookAgainAt?: number;
}

const SCALING = 'Scaling activity initiated by daemon deployment';

/** The deployment gave up and nothing takes its place: what runs is left alone, and nothing is launched. */
export const hasFailed = ({ status }: DaemonDeploymentRow): boolean =>
  status === 'STOPPED' || status === 'ROLLBACK_FAILED';

const rank = (task: TaskRow) => (isServing(task) ? 0 : 1);
const best = (tasks: readonly TaskRow[]): TaskRow | undefined =>
  tasks.toSorted((a, b) => rank(a) - rank(b) || a.createdAt - b.createdAt || (a.arn < b.arn ? -1 : 1))[0];

/** What one pass finds out about all instances before it decides on a step. */
interface Survey {
  readonly launchOn: string[];
  readonly stops: { task: TaskRow; reason: string }[];
  readonly lost: TaskRow[];
  /** Per instance, what a step has to replace. */
  readonly outdated: TaskRow[][];
  /** Instances that are between two tasks, or whose task does not serve yet. */
  moving: number;
  /** Instances of which nobody knows yet whether they are lost. */
  away: number;
  wanted: number;
}

function surveyInstance(survey: Survey, view: ManagedDaemonView, instance: DaemonInstance): void {
  const { daemon } = view;
  const stop = (task: TaskRow, reason = SCALING) => survey.stops.push({ task, reason });
  const wanted = instance.tasks.filter((task) => task.desiredStatus === 'RUNNING');
  if (instance.isLost) survey.lost.push(...instance.tasks.filter((task) => task.desiredStatus === 'STOPPED'));
  if (instance.standing === 'unwanted') {
    for (const task of wanted) stop(task);
    return;
  }
  if (daemon.status === 'DELETE_IN_PROGRESS') {
    survey.wanted += 1;
    if (wanted.length > 0) survey.outdated.push(wanted);
    else if (instance.tasks.length > 0) survey.moving += 1;
    return;
  }
  if (instance.standing === 'kept') return;
  const hasCurrent = wanted.some((task) => task.deploymentId === daemon.revisionArn);
  if (instance.standing === 'away') {
    if (!hasCurrent && !instance.isLost) survey.away += 1;
    return;
  }
  survey.wanted += 1;
  if (instance.standing === 'returning') {
    if (!hasCurrent) survey.moving += 1;
    return;
  }
  const sick = wanted.filter((task) => task.healthStatus === 'UNHEALTHY');
  for (const task of sick) stop(task, UNHEALTHY_REASON);
  const well = wanted.filter((task) => !sick.includes(task));
  const current = best(well.filter((task) => task.deploymentId === daemon.revisionArn));
  if (current) {
    for (const task of well) if (task !== current) stop(task);
    if (!isServing(current)) survey.moving += 1;
    return;
  }
  if (hasFailed(view.deployment)) return;
  if (well.some(isServing)) {
    survey.outdated.push(well);
    return;
  }
  for (const task of well) stop(task);
  const doesWithout = instance.isFull && !daemon.critical && instance.tasks.length === 0;
  if (!doesWithout) survey.moving += 1;
  if (instance.tasks.length === 0 && !view.held) survey.launchOn.push(instance.arn);
}

export function planManagedDaemon(view: ManagedDaemonView): ManagedDaemonPlan {
  const { deployment, nowMs } = view;
  const survey: Survey = { launchOn: [], stops: [], lost: [], outdated: [], moving: 0, away: 0, wanted: 0 };
  for (const instance of view.instances) surveyInstance(survey, view, instance);
  const { launchOn, stops, lost, outdated } = survey;
  const { drainPercent, bakeTimeInMinutes } = deployment.configuration;
  const replace = (count: number) => {
    for (const tasks of outdated.slice(0, count)) for (const task of tasks) stops.push({ task, reason: SCALING });
  };
  const plan = { launchOn, stops, lost, done: false };
  if (deployment.finishedAt !== undefined) {
    // An instance has come back with an older task: there is no deployment to wait for.
    if (!view.held) replace(outdated.length);
    return { ...plan, stepUnderWay: false };
  }
  if (survey.moving > 0) return { ...plan, stepUnderWay: true };
  let { bakeUntil } = deployment;
  if (deployment.stepUnderWay && bakeTimeInMinutes > 0) bakeUntil = nowMs + bakeTimeInMinutes * 60_000;
  if (bakeUntil !== undefined && bakeUntil > nowMs) {
    return { ...plan, stepUnderWay: false, bakeUntil, lookAgainAt: bakeUntil };
  }
  if (outdated.length === 0) return { ...plan, stepUnderWay: false, done: survey.away === 0 };
  if (view.held) return { ...plan, stepUnderWay: false };
  replace(Math.max(1, Math.floor((survey.wanted * drainPercent) / 100)));
  return { ...plan, stepUnderWay: true };
}

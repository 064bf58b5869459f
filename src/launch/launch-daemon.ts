/** Tasks of which one belongs on each instance that suits: whether an instance does, and the launch there. */
import type { ContainerInstanceRow, TaskRow } from '#model/rows.ts';
import { createFit } from '#placement/fit.ts';
import { place } from '#placement/place.ts';
import { dependsOnTasks } from '#placement/query-language/expression.ts';
import type { Constraint, PlacementRequest, Refusal } from '#placement/request.ts';
import type { Tx, View } from '#store/store.ts';
import { tasks } from '#store/tables.ts';
import { placementRequest } from './launch-tasks.ts';
import { type LaunchDeps, newTask, type TaskTemplate } from './new-task.ts';
import { candidateOf } from './snapshot.ts';

export interface DaemonLaunch {
  readonly template: TaskTemplate;
  readonly request: PlacementRequest;
}

/** distinctInstance says nothing of tasks that are one an instance anyway. */
export function daemonLaunch(template: TaskTemplate, constraints: readonly Constraint[]): DaemonLaunch {
  const request = placementRequest({ ...template, count: 1, constraints, strategies: [] });
  const kept = request.constraints.filter((constraint) => constraint.type === 'memberOf');
  return { template, request: { ...request, constraints: kept } };
}

/**
 * Why the instance is none for such a task, whatever room it has; undefined when it is one. One that has the task stays
 * one while its agent is away, and is not asked about the tasks on it, which are the service's own too.
 */
export function unsuited(
  view: View,
  launch: DaemonLaunch,
  instance: ContainerInstanceRow,
  hasTask: boolean,
): Refusal | undefined {
  const candidate = candidateOf(view, instance, launch.template.group);
  const constraints = hasTask
    ? launch.request.constraints.filter((one) => one.type !== 'memberOf' || !dependsOnTasks(one.expression))
    : launch.request.constraints;
  const demand = { cpuUnits: 0, memoryMiB: 0, ports: [], gpuCount: 0 };
  const verdict = createFit({ ...launch.request, demand, constraints }).refusal(
    hasTask ? { ...candidate, agentConnected: true } : candidate,
    0,
  );
  return verdict && { containerInstanceArn: instance.arn, ...verdict };
}

/** The task on this instance, or why it does not fit now. */
export function launchDaemonOn(
  tx: Tx,
  deps: LaunchDeps,
  launch: DaemonLaunch,
  instance: ContainerInstanceRow,
): TaskRow | Refusal {
  const candidate = candidateOf(tx, instance, launch.template.group);
  const { refusals, placed } = place([candidate], launch.request, () => deps.random.unit());
  if (placed.length === 0) return refusals[0]!;
  return tx.insert(tasks, newTask(deps, launch.template, launch.request.demand, instance));
}

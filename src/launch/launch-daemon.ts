/** Tasks of which one belongs on each instance that suits: whether an instance does. `launchOn` starts them. */
import type { ContainerInstanceRow } from '#model/rows.ts';
import { createFit } from '#placement/fit.ts';
import { dependsOnTasks } from '#placement/query-language/expression.ts';
import type { Constraint, PlacementRequest, Refusal } from '#placement/request.ts';
import type { View } from '#store/store.ts';
import { placementRequest } from './launch-tasks.ts';
import type { TaskTemplate } from './new-task.ts';
import { candidateOf, queriedInstance } from './snapshot.ts';

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

/** Whether the instance has a task of the launch's group that has not stopped; in constant time. */
export const hasTaskOf = (view: View, launch: DaemonLaunch, instance: ContainerInstanceRow): boolean =>
  queriedInstance(view, instance).hasTaskGroup(launch.template.group);

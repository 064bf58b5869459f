/**
 * What every scheduler of services does in a pass, whatever its strategy: the template of the tasks that it starts, the
 * ends of tasks that it takes note of, and when it says that a service is steady.
 */
import { type LaunchResult, launchTags } from '#launch/launch-tasks.ts';
import type { TaskTemplate } from '#launch/new-task.ts';
import type { DeploymentRow, LaunchType, ServiceRow, TaskRow } from '#model/rows.ts';
import type { Tx } from '#store/store.ts';
import { clusters, containerInstances, taskDefinitions, tasks } from '#store/tables/ecs.ts';
import { isUnplaceable, steadyEvent, throttledEvent, unplaceableEvent } from './service-events.ts';
import { tallyFailures } from './service-failures.ts';

/** ECS repeats that a service is steady every six hours, and does not repeat the same complaint at every attempt. */
export const STEADY_AGAIN_MS = 6 * 3_600_000;
export const SAME_EVENT_MS = 15 * 60_000;
/** More: retries without room cost more; fewer: a service says later that the reason is another now. */
const MANY_INSTANCES = 200;

/** A deployment or task set, as far as its tasks carry it. */
export interface TaskSource {
  /** `ecs-svc/…` */
  readonly id: string;
  readonly taskDefinitionArn: string;
  readonly launchType: LaunchType;
}

export function serviceTemplate(tx: Tx, service: ServiceRow, source: TaskSource): TaskTemplate {
  const cluster = tx.get(clusters, service.clusterArn)!;
  const definition = tx.get(taskDefinitions, source.taskDefinitionArn)!;
  const propagated =
    service.propagateTags === 'SERVICE'
      ? service.tags
      : service.propagateTags === 'TASK_DEFINITION'
        ? definition.tags
        : [];
  return {
    cluster,
    definition,
    launchType: source.launchType,
    group: `service:${service.name}`,
    startedBy: source.id,
    serviceArn: service.arn,
    deploymentId: source.id,
    enableExecuteCommand: service.enableExecuteCommand,
    tags: launchTags({
      own: [],
      propagated,
      managed: service.enableECSManagedTags ? { clusterName: cluster.name, serviceName: service.name } : undefined,
    }),
  };
}

/** The service's tasks that have stopped since the last pass, marked as seen. */
export function takeEnded(tx: Tx, service: ServiceRow): TaskRow[] {
  const ended = [...tx.find(tasks, 'unsettledByService', service.arn)];
  for (const task of ended) tx.put(tasks, { ...task, settled: true });
  return ended;
}

/** Takes note of tasks that have stopped since the last pass, in the tally of the deployment that started each. */
export function settleEnded(
  tx: Tx,
  service: ServiceRow,
  live: readonly TaskRow[],
  nowMs: number,
  healthyAfterMs?: number,
): { service: ServiceRow; events: string[] } {
  const ended = takeEnded(tx, service);
  const events: string[] = [];
  const rules = {
    resetOnHealthyTask: service.deploymentConfiguration.deploymentCircuitBreaker?.resetOnHealthyTask,
    ...(healthyAfterMs !== undefined && { healthyAfterMs }),
  };
  const deployments = service.deployments.map((deployment): DeploymentRow => {
    const tally = tallyFailures(deployment, ended, live, nowMs, rules);
    if (tally.throttled) events.push(throttledEvent(service));
    return tally.deployment;
  });
  const same = deployments.every((deployment, at) => deployment === service.deployments[at]);
  return { service: same ? service : { ...service, deployments }, events };
}

export function noteSteadiness(service: ServiceRow, steady: boolean, nowMs: number, events: string[]): ServiceRow {
  if (service.status !== 'ACTIVE') return service;
  if (!steady) return service.steadyAt === undefined ? service : { ...service, steadyAt: undefined };
  if (service.steadyAt !== undefined && nowMs - service.steadyAt < STEADY_AGAIN_MS) return service;
  events.push(steadyEvent(service));
  return { ...service, steadyAt: nowMs };
}

/**
 * Why a task found no room; undefined when the cluster has many instances and the service has complained lately: the
 * reason is found by asking every instance, and a service without room is tried again and again.
 */
export function placementComplaint(
  tx: Tx,
  service: ServiceRow,
  blockedBy: Pick<LaunchResult, 'refusals'>,
  nowMs: number,
): string | undefined {
  const isMany = tx.count(containerInstances, 'byCluster', service.clusterArn) > MANY_INSTANCES;
  const hasComplained = service.lastEventAt !== undefined && nowMs - service.lastEventAt < SAME_EVENT_MS;
  if (isMany && hasComplained && isUnplaceable(service.lastEventKey)) return undefined;
  return unplaceableEvent(service, blockedBy.refusals);
}

/** The same complaint about another instance is the same complaint: which one comes closest changes all the time. */
const withoutInstance = (message: string) => message.replace(/\(container-instance [^)]*\)/, '(container-instance)');

/** The service with the complaint noted, added to `events` unless it was made lately. */
export function noteComplaint(service: ServiceRow, message: string, nowMs: number, events: string[]): ServiceRow {
  const key = withoutInstance(message);
  if (service.lastEventKey === key && nowMs - (service.lastEventAt ?? 0) < SAME_EVENT_MS) return service;
  events.push(message);
  return { ...service, lastEventKey: key, lastEventAt: nowMs };
}

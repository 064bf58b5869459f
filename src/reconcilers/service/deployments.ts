/**
 * How a service's deployments stand: before a pass the circuit breaker and its rollback, after it rollout states and which
 * old deployments are over. Pure. States of a deployment's rollout:
 *
 *   IN_PROGRESS → COMPLETED   all its tasks serve and no other deployment has any left
 *   IN_PROGRESS → FAILED      the circuit breaker tripped, or a client stopped it; with rollback the last completed
 *                             deployment becomes PRIMARY and is IN_PROGRESS again until it completes
 *
 * A FAILED deployment that stays PRIMARY launches nothing; the next UpdateService that makes a deployment starts afresh.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
 */
import { circuitBreakerThreshold } from '#model/circuit-breaker.ts';
import type { DeploymentRow, ServiceRow, TaskRow } from '#model/rows.ts';
import { failedEvent, rollingBackEvent } from '../service-events.ts';
import { primaryOf } from './plan.ts';

export type StopRequest = 'ROLLBACK_REQUESTED' | 'STOP_REQUESTED';

export interface Standing {
  readonly service: ServiceRow;
  readonly events: readonly string[];
}

const breakerFailed = 'ECS deployment circuit breaker: tasks failed to start.';

/** The PRIMARY deployment ends as FAILED; nothing is launched for it any more. */
function fail(service: ServiceRow, rolloutStateReason: string, nowMs: number): ServiceRow {
  const { id } = primaryOf(service);
  const deployments = service.deployments.map((deployment) =>
    deployment.id === id
      ? { ...deployment, rolloutState: 'FAILED' as const, rolloutStateReason, updatedAt: nowMs }
      : deployment,
  );
  return { ...service, deployments };
}

/** The newest deployment that has completed and is not the one that failed. */
const rollbackCandidate = (service: ServiceRow): DeploymentRow | undefined =>
  service.deployments.find(({ id, rolloutState }) => id !== primaryOf(service).id && rolloutState === 'COMPLETED');

/** `target` is PRIMARY again, with a clean tally; the PRIMARY one, which has failed, gives up its tasks. */
function rollBackTo(service: ServiceRow, target: DeploymentRow, rolloutStateReason: string, nowMs: number): ServiceRow {
  const restored: DeploymentRow = {
    ...target,
    status: 'PRIMARY',
    desiredCount: service.desiredCount,
    failedTasks: 0,
    failuresInARow: 0,
    healthyStartedAt: undefined,
    throttledAt: undefined,
    nextLaunchAt: undefined,
    rolloutState: 'IN_PROGRESS',
    rolloutStateReason,
    updatedAt: nowMs,
  };
  const others = service.deployments.filter(({ id }) => id !== target.id);
  return {
    ...service,
    taskDefinitionArn: target.taskDefinitionArn,
    ...(target.launchType && { launchType: target.launchType }),
    deployments: [
      restored,
      ...others.map((one) => (one.status === 'PRIMARY' ? { ...one, status: 'ACTIVE' as const, desiredCount: 0 } : one)),
    ],
  };
}

function tripCircuitBreaker(service: ServiceRow, nowMs: number): Standing {
  const primary = primaryOf(service);
  const configuration = service.deploymentConfiguration;
  const breaker = configuration.deploymentCircuitBreaker;
  if (!breaker?.enable || primary.rolloutState !== 'IN_PROGRESS') return { service, events: [] };
  if (primary.failedTasks < circuitBreakerThreshold(configuration, service.desiredCount))
    return { service, events: [] };
  const events = [failedEvent(service, primary.id, 'tasks failed to start.')];
  const failed = fail(service, breakerFailed, nowMs);
  const target = breaker.rollback ? rollbackCandidate(service) : undefined;
  if (!target) return { service: failed, events };
  events.push(rollingBackEvent(service, target.id));
  const why = `ECS deployment circuit breaker: rolling back to deploymentId ${target.id}.`;
  return { service: rollBackTo(failed, target, why, nowMs), events };
}

/** What StopServiceDeployment has asked for. */
function stopOnRequest(service: ServiceRow, request: StopRequest, nowMs: number): Standing {
  const primary = primaryOf(service);
  if (primary.rolloutState !== 'IN_PROGRESS') return { service, events: [] };
  const target = request === 'ROLLBACK_REQUESTED' ? rollbackCandidate(service) : undefined;
  const what = request === 'ROLLBACK_REQUESTED' ? 'rollback requested.' : 'stop requested.';
  const events = [failedEvent(service, primary.id, what)];
  const failed = fail(service, `ECS deployment stopped: ${what}`, nowMs);
  if (!target) return { service: failed, events };
  events.push(rollingBackEvent(service, target.id));
  const why = `ECS deployment rollback requested: rolling back to deploymentId ${target.id}.`;
  return { service: rollBackTo(failed, target, why, nowMs), events };
}

/** How many tasks of each deployment are wanted running. */
export type WantedTasks = ReadonlyMap<string, number>;

function wantedOf(tasks: readonly TaskRow[]): WantedTasks {
  const wanted = new Map<string, number>();
  for (const task of tasks) {
    if (task.desiredStatus !== 'RUNNING' || task.deploymentId === undefined) continue;
    wanted.set(task.deploymentId, (wanted.get(task.deploymentId) ?? 0) + 1);
  }
  return wanted;
}

/** Old deployments ask for what they still have; one without a task left leaves when the PRIMARY is complete. */
function settleDeployments(service: ServiceRow, wanted: WantedTasks, steady: boolean, nowMs: number): Standing {
  const events: string[] = [];
  const deployments: DeploymentRow[] = [];
  for (const deployment of service.deployments) {
    if (deployment.status === 'PRIMARY') {
      if (!steady || deployment.rolloutState !== 'IN_PROGRESS') {
        deployments.push(steady && deployment.failedTasks > 0 ? { ...deployment, failedTasks: 0 } : deployment);
        continue;
      }
      const rolloutStateReason = `ECS deployment ${deployment.id} completed.`;
      deployments.push({
        ...deployment,
        rolloutState: 'COMPLETED',
        rolloutStateReason,
        failedTasks: 0,
        updatedAt: nowMs,
      });
      events.push(`(service ${service.name}) (deployment ${deployment.id}) deployment completed.`);
      continue;
    }
    if (steady) continue;
    const desiredCount = wanted.get(deployment.id) ?? 0;
    deployments.push(
      desiredCount === deployment.desiredCount ? deployment : { ...deployment, desiredCount, updatedAt: nowMs },
    );
  }
  const same =
    deployments.length === service.deployments.length &&
    deployments.every((deployment, at) => deployment === service.deployments[at]);
  return { service: same ? service : { ...service, deployments }, events };
}

/**
 * Ends the PRIMARY deployment when its circuit breaker trips or a client has asked for it. To be called before a pass
 * plans, so that the pass starts no task of a deployment that has failed.
 */
export function failDeployment(service: ServiceRow, nowMs: number, request?: StopRequest): Standing {
  if (service.status !== 'ACTIVE') return { service, events: [] };
  return request ? stopOnRequest(service, request, nowMs) : tripCircuitBreaker(service, nowMs);
}

/** How the deployments stand after a pass, given the tasks that have not stopped or, instead of them, what they come to. */
export function standDeployments(
  service: ServiceRow,
  tasks: readonly TaskRow[] | WantedTasks,
  steady: boolean,
  nowMs: number,
): Standing {
  if (service.status !== 'ACTIVE') return { service, events: [] };
  return settleDeployments(service, 'get' in tasks ? tasks : wantedOf(tasks), steady, nowMs);
}

/**
 * How a service's deployments stand after a pass: rollout states, the circuit breaker and its rollback, and which old
 * deployments are over. Pure. States of a deployment's rollout:
 *
 *   IN_PROGRESS → COMPLETED   all its tasks serve and no other deployment has any left
 *   IN_PROGRESS → FAILED      the circuit breaker tripped; with rollback the last completed deployment becomes PRIMARY
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
 */
import type { DeploymentRow, ServiceRow, TaskRow } from '#model/rows.ts';
import { circuitBreakerThreshold } from './limits.ts';
import { primaryOf } from './plan.ts';

export interface Standing {
  readonly service: ServiceRow;
  readonly events: readonly string[];
}

function tripCircuitBreaker(service: ServiceRow, nowMs: number): Standing {
  const primary = primaryOf(service);
  const breaker = service.deploymentConfiguration.deploymentCircuitBreaker;
  if (!breaker?.enable || primary.rolloutState !== 'IN_PROGRESS') return { service, events: [] };
  if (primary.failedTasks < circuitBreakerThreshold(service)) return { service, events: [] };
  const target = breaker.rollback
    ? service.deployments.find((deployment) => deployment.id !== primary.id && deployment.rolloutState === 'COMPLETED')
    : undefined;
  const failed: DeploymentRow = {
    ...primary,
    status: target ? 'ACTIVE' : 'PRIMARY',
    desiredCount: target ? 0 : primary.desiredCount,
    rolloutState: 'FAILED',
    rolloutStateReason: 'ECS deployment circuit breaker: tasks failed to start.',
    updatedAt: nowMs,
  };
  const events = [`(service ${service.name}) (deployment ${primary.id}) deployment failed: tasks failed to start.`];
  if (!target) {
    const deployments = service.deployments.map((deployment) => (deployment.id === primary.id ? failed : deployment));
    return { service: { ...service, deployments }, events };
  }
  const restored: DeploymentRow = {
    ...target,
    status: 'PRIMARY',
    desiredCount: service.desiredCount,
    rolloutState: 'IN_PROGRESS',
    rolloutStateReason: `ECS deployment circuit breaker: rolling back to deploymentId ${target.id}.`,
    updatedAt: nowMs,
  };
  events.push(`(service ${service.name}) rolling back to deployment ${target.id}.`);
  const others = service.deployments.filter(
    (deployment) => deployment.id !== primary.id && deployment.id !== target.id,
  );
  return {
    service: { ...service, taskDefinitionArn: target.taskDefinitionArn, deployments: [restored, failed, ...others] },
    events,
  };
}

/** Old deployments ask for what they still have; one without a task left leaves when the PRIMARY is complete. */
function settleDeployments(service: ServiceRow, tasks: readonly TaskRow[], steady: boolean, nowMs: number): Standing {
  const wanted = new Map<string, number>();
  for (const task of tasks) {
    if (task.desiredStatus !== 'RUNNING' || task.deploymentId === undefined) continue;
    wanted.set(task.deploymentId, (wanted.get(task.deploymentId) ?? 0) + 1);
  }
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

/** How the deployments stand, given the tasks that have not stopped. */
export function standDeployments(
  service: ServiceRow,
  tasks: readonly TaskRow[],
  steady: boolean,
  nowMs: number,
): Standing {
  if (service.status !== 'ACTIVE') return { service, events: [] };
  const tripped = tripCircuitBreaker(service, nowMs);
  const settled = settleDeployments(tripped.service, tasks, steady && tripped.service === service, nowMs);
  return { service: settled.service, events: [...tripped.events, ...settled.events] };
}

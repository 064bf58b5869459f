/**
 * A service's deployments: the first is PRIMARY and wants `desiredCount` tasks of its revision; older ones are ACTIVE
 * until their tasks are gone, then leave the list. All pure.
 *
 *   IN_PROGRESS → COMPLETED    the PRIMARY one has all its tasks, healthy, and no other deployment has any
 *   IN_PROGRESS → FAILED       its circuit breaker tripped; a rollback then makes an older one PRIMARY again
 */
import type { DeploymentRow, ServiceRow } from './rows.ts';

export const deploymentReason = {
  inProgress: (id: string) => `ECS deployment ${id} in progress.`,
  completed: (id: string) => `ECS deployment ${id} completed.`,
  failed: 'ECS deployment circuit breaker: tasks failed to start.',
  rollingBack: (id: string) => `ECS deployment circuit breaker: rolling back to deploymentId ${id}.`,
} as const;

export type NewDeployment = Pick<DeploymentRow, 'taskDefinitionArn' | 'desiredCount' | 'launchType'> &
  Partial<Pick<DeploymentRow, 'networkConfiguration' | 'platformVersion' | 'platformFamily'>>;

/** `id`: `ecs-svc/<19 digits>`. */
export function newDeployment(id: string, given: NewDeployment, nowMs: number): DeploymentRow {
  return {
    id,
    status: 'PRIMARY',
    ...given,
    failedTasks: 0,
    failuresInARow: 0,
    createdAt: nowMs,
    updatedAt: nowMs,
    rolloutState: 'IN_PROGRESS',
    rolloutStateReason: deploymentReason.inProgress(id),
  };
}

const demoted = (deployment: DeploymentRow, nowMs: number): DeploymentRow =>
  deployment.status === 'ACTIVE' ? deployment : { ...deployment, status: 'ACTIVE', updatedAt: nowMs };

/** The list with `primary` at its head and every other one ACTIVE. */
export function withPrimary(
  deployments: readonly DeploymentRow[],
  primary: DeploymentRow,
  nowMs: number,
): DeploymentRow[] {
  const others = deployments.filter((deployment) => deployment.id !== primary.id);
  return [primary, ...others.map((deployment) => demoted(deployment, nowMs))];
}

export const primaryOf = (service: ServiceRow): DeploymentRow | undefined =>
  service.deployments.find((deployment) => deployment.status === 'PRIMARY');

/**
 * How many tasks a deployment may leave: at least `min` healthy, at most `max` in any state before STOPPED. ECS rounds
 * the former up and the latter down.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html
 */
export function taskLimits(service: ServiceRow): { readonly min: number; readonly max: number } {
  const { minimumHealthyPercent = 100, maximumPercent = 200 } = service.deploymentConfiguration;
  return {
    min: Math.ceil((service.desiredCount * minimumHealthyPercent) / 100),
    max: Math.floor((service.desiredCount * maximumPercent) / 100),
  };
}

/** Failures in a row that trip the circuit breaker: half the desired count, at least 3, at most 200. */
export const failureThreshold = (desiredCount: number): number =>
  Math.min(200, Math.max(3, Math.ceil(desiredCount * 0.5)));

/**
 * The birth of a deployment: the first of a service's list is PRIMARY and wants `desiredCount` tasks of its revision;
 * older ones are ACTIVE until their tasks are gone. How they go on is the service scheduler's. All pure.
 */
import type { DeploymentRow } from './rows.ts';

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
    rolloutStateReason: `ECS deployment ${id} in progress.`,
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

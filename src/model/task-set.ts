/**
 * A task set: tasks of one revision in a service whose deployment controller is EXTERNAL. Its share of the service's
 * desired count is its client's to say; how its tasks come and go is the scheduler's.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskSet.html
 */
import type { Tag } from '@aws-sdk/client-ecs';
import type { ClusterArn, Scope, ServiceArn, TaskDefinitionArn, TaskSetArn } from './arn.ts';
import type { DeploymentRow, LaunchType } from './rows.ts';

/** How launches of its tasks have failed, as a deployment counts it. */
export type LaunchTally = Pick<
  DeploymentRow,
  'failedTasks' | 'failuresInARow' | 'throttledAt' | 'nextLaunchAt' | 'healthyStartedAt'
>;

export interface TaskSetRow extends Scope {
  readonly arn: TaskSetArn;
  /** `ecs-svc/<19 digits>`: what its tasks carry as startedBy and deploymentId. */
  readonly id: string;
  readonly serviceArn: ServiceArn;
  readonly clusterArn: ClusterArn;
  /** The row of a DRAINING one goes when its last task has stopped. */
  readonly status: 'PRIMARY' | 'ACTIVE' | 'DRAINING';
  readonly taskDefinitionArn: TaskDefinitionArn;
  readonly launchType: LaunchType;
  readonly externalId?: string;
  /** 0 to 100, of the service's desired count. */
  readonly scalePercent: number;
  readonly stabilityStatus: 'STEADY_STATE' | 'STABILIZING';
  readonly stabilityStatusAt: number;
  readonly tally: LaunchTally;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly tags: readonly Tag[];
}

/** How many tasks it shall have: its percentage of the service's desired count, rounded up; none when it is DRAINING. */
export function computedDesiredCount(set: Pick<TaskSetRow, 'status' | 'scalePercent'>, desiredCount: number): number {
  return set.status === 'DRAINING' ? 0 : Math.ceil((desiredCount * set.scalePercent) / 100);
}

/** The set as it is when it wants something else from now on. */
export const stabilizing = (set: TaskSetRow, nowMs: number): TaskSetRow =>
  set.stabilityStatus === 'STABILIZING' ? set : { ...set, stabilityStatus: 'STABILIZING', stabilityStatusAt: nowMs };

/** It keeps no task from now on, and goes with its last one. */
export const drainingSet = (set: TaskSetRow, nowMs: number): TaskSetRow =>
  set.status === 'DRAINING' ? set : { ...stabilizing(set, nowMs), status: 'DRAINING', updatedAt: nowMs };

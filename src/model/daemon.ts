/**
 * Managed daemons: one task on every container instance of some capacity providers. A revision records what a deployment
 * runs and never changes, but that the digests of its images are filled in. A daemon deployment brings a revision to the
 * instances, a share of them at a time:
 *
 *   PENDING → IN_PROGRESS → SUCCESSFUL            every instance runs the revision
 *                         → STOPPED               another deployment began, or it failed and there is nothing to go back to
 *                         → ROLLBACK_IN_PROGRESS → ROLLBACK_SUCCESSFUL | ROLLBACK_FAILED
 *
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-daemons-deployments.html
 */
import type { DaemonDeploymentConfiguration, Tag } from '@aws-sdk/client-ecs';
import type { ClusterArn, DaemonArn, DaemonDeploymentArn, DaemonRevisionArn, Scope, TaskDefinitionArn } from './arn.ts';
import { circuitBreakerThreshold } from './circuit-breaker.ts';
import type { ContainerInstanceRow, TaskRow } from './rows.ts';

export interface DaemonRow extends Scope {
  readonly arn: DaemonArn;
  readonly clusterArn: ClusterArn;
  readonly name: string;
  readonly status: 'ACTIVE' | 'DELETE_IN_PROGRESS';
  /** What every instance shall run. */
  readonly revisionArn: DaemonRevisionArn;
  /** What a deployment last brought to every instance; a rollback goes back to it. */
  readonly stableRevisionArn?: DaemonRevisionArn;
  /** Of both revisions. */
  readonly taskDefinitionArns: readonly TaskDefinitionArn[];
  /** Names of the capacity providers whose instances get a task. */
  readonly capacityProviders: readonly string[];
  readonly critical: boolean;
  readonly deploymentArn: DaemonDeploymentArn;
  /** Ends of its tasks in a row that were failures; they put off the next launch. */
  readonly failuresInARow: number;
  /** Failures of tasks born before belong to the same wave and do not lengthen the delay again. */
  readonly throttledAt?: number;
  readonly nextLaunchAt?: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly tags: readonly Tag[];
}

export interface DaemonRevisionRow {
  readonly arn: DaemonRevisionArn;
  readonly daemonArn: DaemonArn;
  readonly clusterArn: ClusterArn;
  readonly createdAt: number;
  readonly taskDefinitionArn: TaskDefinitionArn;
  readonly capacityProviders: readonly string[];
  readonly critical: boolean;
  readonly propagateTags: 'DAEMON' | 'NONE';
  readonly enableECSManagedTags: boolean;
  readonly enableExecuteCommand: boolean;
  readonly containerImages: readonly {
    readonly containerName: string;
    readonly image: string;
    readonly imageDigest?: string;
  }[];
}

export const daemonDeploymentStatuses = [
  'PENDING',
  'IN_PROGRESS',
  'SUCCESSFUL',
  'STOP_REQUESTED',
  'STOPPED',
  'ROLLBACK_IN_PROGRESS',
  'ROLLBACK_SUCCESSFUL',
  'ROLLBACK_FAILED',
] as const;
export type DaemonDeploymentStatus = (typeof daemonDeploymentStatuses)[number];

export interface ProviderCount {
  readonly name: string;
  readonly running: number;
  readonly withoutDaemon: number;
  readonly draining: number;
}

export interface RevisionCount {
  readonly arn: DaemonRevisionArn;
  readonly providers: readonly ProviderCount[];
}

export interface DaemonDeploymentRow {
  readonly arn: DaemonDeploymentArn;
  readonly daemonArn: DaemonArn;
  readonly clusterArn: ClusterArn;
  readonly status: DaemonDeploymentStatus;
  readonly statusReason?: string;
  readonly targetRevisionArn: DaemonRevisionArn;
  readonly sourceRevisionArns: readonly DaemonRevisionArn[];
  readonly configuration: DaemonDeploymentConfiguration & {
    readonly drainPercent: number;
    readonly bakeTimeInMinutes: number;
  };
  readonly failureCount: number;
  readonly threshold: number;
  /** The circuit breaker's count when it tripped. */
  readonly tripped?: number;
  /** Instances are being given their new task; when all have it, the step is over. */
  readonly stepUnderWay?: boolean;
  /** The next step waits until then. */
  readonly bakeUntil?: number;
  readonly rollback?: {
    readonly reason: string;
    readonly startedAt: number;
    readonly revisionArn: DaemonRevisionArn;
    readonly capacityProviders: readonly string[];
  };
  readonly createdAt: number;
  readonly startedAt?: number;
  readonly stoppedAt?: number;
  readonly finishedAt?: number;
  /** The counts at its end: target first, then the sources. */
  readonly outcome?: readonly RevisionCount[];
}

export const defaultDrainPercent = 25;

export const isOngoing = (row: DaemonDeploymentRow): boolean => row.finishedAt === undefined;

export const supersededReason = 'Daemon deployment stopped because a new daemon deployment was started.';
export const breakerReason = 'Daemon deployment rolled back because the circuit breaker threshold was exceeded.';
export const stoppedByBreaker = 'Daemon deployment stopped because the circuit breaker threshold was exceeded.';
export const noCandidate = 'No rollback candidate was found to run the rollback.';

/** Failed tasks after which a deployment to so many instances is given up. */
export const daemonThreshold = (instanceCount: number): number => circuitBreakerThreshold({}, instanceCount);

/** Ends the deployment at `nowMs`. */
export function endDeployment(
  row: DaemonDeploymentRow,
  status: Exclude<DaemonDeploymentStatus, 'PENDING' | 'IN_PROGRESS' | 'ROLLBACK_IN_PROGRESS' | 'STOP_REQUESTED'>,
  nowMs: number,
  statusReason?: string,
): DaemonDeploymentRow {
  const { stepUnderWay: _, bakeUntil: __, statusReason: before, ...rest } = row;
  const reason = statusReason ?? (status === 'SUCCESSFUL' ? undefined : before);
  return {
    ...rest,
    status,
    finishedAt: nowMs,
    ...(reason !== undefined && { statusReason: reason }),
    ...(status === 'STOPPED' && { stoppedAt: nowMs }),
  };
}

/**
 * How the instances of a revision's capacity providers stand. `tasks`: the daemon's live ones; `instances`: by ARN.
 * Without daemon are, for daemons that are not critical, ACTIVE instances where no task of it runs.
 */
export function countRevision(
  revision: Pick<DaemonRevisionRow, 'arn' | 'capacityProviders' | 'critical'>,
  isCurrent: boolean,
  tasks: readonly TaskRow[],
  instances: readonly ContainerInstanceRow[],
): RevisionCount {
  const providerOf = new Map(instances.map((row) => [row.arn as string, row.capacityProviderName]));
  const own = tasks.filter((task) => task.deploymentId === revision.arn);
  const running = tasks.filter((task) => task.lastStatus === 'RUNNING');
  const withTask = new Set(running.map((task) => task.containerInstanceArn as string));
  const providers = revision.capacityProviders.map((name): ProviderCount => {
    const here = own.filter((task) => providerOf.get(task.containerInstanceArn ?? '') === name);
    const bare = instances.filter(
      (row) => row.capacityProviderName === name && row.status === 'ACTIVE' && !withTask.has(row.arn),
    );
    return {
      name,
      running: here.filter((task) => task.lastStatus === 'RUNNING').length,
      draining: here.filter((task) => task.desiredStatus === 'STOPPED').length,
      withoutDaemon: isCurrent && !revision.critical ? bare.length : 0,
    };
  });
  return { arn: revision.arn, providers };
}

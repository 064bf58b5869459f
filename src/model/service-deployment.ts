/**
 * Service deployments and service revisions. A revision records what a deployment runs and never changes, but that the
 * digests of its images are filled in once an agent has resolved them. A service deployment is the history of one
 * deployment of the service:
 *
 *   PENDING → IN_PROGRESS → SUCCESSFUL            its deployment completed
 *                         → STOPPED               it failed without rollback, was aborted, or another one began
 *                         → ROLLBACK_REQUESTED →  somebody asked for the rollback
 *                           ROLLBACK_IN_PROGRESS → ROLLBACK_SUCCESSFUL | ROLLBACK_FAILED
 *
 * All pure: its state follows from the service's deployments, so looking twice changes nothing.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-deployment.html
 */
import type {
  CapacityProviderStrategyItem,
  DeploymentConfiguration,
  LoadBalancer,
  NetworkConfiguration,
  ServiceConnectConfiguration,
  ServiceRegistry,
  ServiceVolumeConfiguration,
  VpcLatticeConfiguration,
} from '@aws-sdk/client-ecs';
import type { ClusterArn, ServiceArn, ServiceDeploymentArn, ServiceRevisionArn, TaskDefinitionArn } from './arn.ts';
import { circuitBreakerThreshold } from './circuit-breaker.ts';
import type { LaunchType, ServiceRow, TaskDefinitionRow } from './rows.ts';

export interface ServiceRevisionRow {
  readonly arn: ServiceRevisionArn;
  readonly serviceArn: ServiceArn;
  readonly clusterArn: ClusterArn;
  readonly createdAt: number;
  readonly taskDefinitionArn: TaskDefinitionArn;
  readonly launchType?: LaunchType;
  readonly capacityProviderStrategy?: readonly CapacityProviderStrategyItem[];
  readonly platformVersion?: string;
  readonly platformFamily?: string;
  readonly networkConfiguration?: NetworkConfiguration;
  readonly loadBalancers: readonly LoadBalancer[];
  readonly serviceRegistries: readonly ServiceRegistry[];
  readonly serviceConnectConfiguration?: ServiceConnectConfiguration;
  readonly volumeConfigurations?: readonly ServiceVolumeConfiguration[];
  readonly vpcLatticeConfigurations?: readonly VpcLatticeConfiguration[];
  readonly containerImages: readonly {
    readonly containerName: string;
    readonly image: string;
    readonly imageDigest?: string;
  }[];
}

export type ServiceDeploymentStatus =
  | 'PENDING'
  | 'IN_PROGRESS'
  | 'SUCCESSFUL'
  | 'STOP_REQUESTED'
  | 'STOPPED'
  | 'ROLLBACK_REQUESTED'
  | 'ROLLBACK_IN_PROGRESS'
  | 'ROLLBACK_SUCCESSFUL'
  | 'ROLLBACK_FAILED';

/** One of the service's deployments (`ecs-svc/…`) and the revision that it runs. */
export interface DeployedRevision {
  readonly arn: ServiceRevisionArn;
  readonly deploymentId: string;
}

export interface RevisionCount {
  readonly arn: ServiceRevisionArn;
  readonly requestedTaskCount: number;
  readonly runningTaskCount: number;
  readonly pendingTaskCount: number;
}

/** What DescribeServiceDeployments counts: live while it is under way, and as it was at its end afterwards. */
export interface ServiceDeploymentCounts {
  readonly target: RevisionCount;
  readonly sources: readonly RevisionCount[];
  readonly failureCount: number;
  readonly threshold: number;
}

export interface ServiceDeploymentRow {
  readonly arn: ServiceDeploymentArn;
  readonly serviceArn: ServiceArn;
  readonly clusterArn: ClusterArn;
  readonly target: DeployedRevision;
  readonly sources: readonly DeployedRevision[];
  readonly status: ServiceDeploymentStatus;
  readonly statusReason?: string;
  readonly deploymentConfiguration: DeploymentConfiguration;
  readonly createdAt: number;
  readonly startedAt?: number;
  readonly finishedAt?: number;
  readonly stoppedAt?: number;
  readonly updatedAt: number;
  readonly rollback?: {
    readonly reason: string;
    readonly startedAt: number;
    readonly serviceRevisionArn?: ServiceRevisionArn;
  };
  /** The circuit breaker's count when it tripped. */
  readonly tripped?: { readonly failureCount: number; readonly threshold: number };
  /** The counts at its end. */
  readonly outcome?: ServiceDeploymentCounts;
}

export type TaskCount = (deploymentId: string) => { readonly running: number; readonly pending: number };

export const isOngoing = (row: ServiceDeploymentRow): boolean => row.finishedAt === undefined;

export const circuitBreakerReason =
  'Service deployment rolled back because the circuit breaker threshold was exceeded.';
const stoppedByBreaker = 'Service deployment stopped because the circuit breaker threshold was exceeded.';
export const requestedReason = 'Service deployment rolled back because a rollback was requested.';
const abortedReason = 'Service deployment stopped because it was requested.';
export const supersededReason = 'Service deployment stopped because a new service deployment was started.';
const deletedReason = 'Service deployment stopped because the service was deleted.';
const noCandidate = 'No rollback candidate was found to run the rollback.';

const alphabet = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz';

/** 21 characters of which later ones sort first, so that a service's newest deployments are listed first. */
export function serviceDeploymentId(nowMs: number, randomBytes: Uint8Array): string {
  let id = '';
  for (let rest = 2 ** 48 - 1 - nowMs, digit = 0; digit < 8; digit++, rest = Math.floor(rest / 64)) {
    id = alphabet[rest % 64]! + id;
  }
  for (const byte of randomBytes.subarray(0, 13)) id += alphabet[byte % 64]!;
  return id;
}

/** What `service` runs from now on, with `definition` as its PRIMARY deployment's. */
export function newServiceRevision(
  arn: ServiceRevisionArn,
  service: ServiceRow,
  definition: TaskDefinitionRow,
  nowMs: number,
): ServiceRevisionRow {
  const primary = service.deployments[0]!;
  const { launchType, capacityProviderStrategy, platformVersion, platformFamily, networkConfiguration } = primary;
  const { serviceConnectConfiguration, volumeConfigurations, vpcLatticeConfigurations } = primary;
  return {
    arn,
    serviceArn: service.arn,
    clusterArn: service.clusterArn,
    createdAt: nowMs,
    taskDefinitionArn: definition.arn,
    ...(launchType && { launchType }),
    ...(capacityProviderStrategy && { capacityProviderStrategy }),
    ...(platformVersion !== undefined && { platformVersion }),
    ...(platformFamily !== undefined && { platformFamily }),
    ...(networkConfiguration && { networkConfiguration }),
    loadBalancers: service.loadBalancers,
    serviceRegistries: service.serviceRegistries,
    ...(serviceConnectConfiguration && { serviceConnectConfiguration }),
    ...(volumeConfigurations && { volumeConfigurations }),
    ...(vpcLatticeConfigurations && { vpcLatticeConfigurations }),
    containerImages: definition.containerDefinitions.map(({ name = '', image = '' }) => ({
      containerName: name,
      image,
    })),
  };
}

/** The counts as they are now. `service` may be its row before or after a pass. */
export function countServiceDeployment(
  row: ServiceDeploymentRow,
  service: ServiceRow | undefined,
  countOf: TaskCount,
): ServiceDeploymentCounts {
  const deploymentOf = (id: string) => service?.deployments.find((deployment) => deployment.id === id);
  const count = ({ arn, deploymentId }: DeployedRevision): RevisionCount => {
    const { running, pending } = countOf(deploymentId);
    const requestedTaskCount = deploymentOf(deploymentId)?.desiredCount ?? 0;
    return { arn, requestedTaskCount, runningTaskCount: running, pendingTaskCount: pending };
  };
  return {
    target: count(row.target),
    sources: row.sources.map(count),
    failureCount: row.tripped?.failureCount ?? deploymentOf(row.target.deploymentId)?.failedTasks ?? 0,
    threshold:
      row.tripped?.threshold ?? circuitBreakerThreshold(row.deploymentConfiguration, service?.desiredCount ?? 0),
  };
}

type Move = Pick<ServiceDeploymentRow, 'status'> & Partial<ServiceDeploymentRow>;

/** It has failed: by its circuit breaker, or because somebody asked for its end. */
function moveFailed(row: ServiceDeploymentRow, service: ServiceRow, nowMs: number): Move {
  const [primary] = service.deployments;
  const isRequested = row.status === 'ROLLBACK_REQUESTED' || row.status === 'STOP_REQUESTED';
  const breaker = row.deploymentConfiguration.deploymentCircuitBreaker;
  const failed = service.deployments.find(({ id }) => id === row.target.deploymentId);
  const tripped = !isRequested && {
    tripped: {
      failureCount: failed?.failedTasks ?? 0,
      threshold: circuitBreakerThreshold(row.deploymentConfiguration, service.desiredCount),
    },
  };
  const reason = isRequested ? requestedReason : circuitBreakerReason;
  if (primary!.id !== row.target.deploymentId) {
    const { serviceRevisionArn } = primary!;
    const rollback = { reason, startedAt: nowMs, ...(serviceRevisionArn && { serviceRevisionArn }) };
    return { status: 'ROLLBACK_IN_PROGRESS', statusReason: reason, rollback, ...tripped };
  }
  const isRollback = row.status === 'ROLLBACK_REQUESTED' || (!isRequested && breaker?.rollback === true);
  return isRollback
    ? {
        status: 'ROLLBACK_FAILED',
        statusReason: `${reason} ${noCandidate}`,
        rollback: { reason: noCandidate, startedAt: nowMs },
        ...tripped,
      }
    : { status: 'STOPPED', statusReason: isRequested ? abortedReason : stoppedByBreaker, ...tripped };
}

function nextMove(row: ServiceDeploymentRow, service: ServiceRow, nowMs: number): Move | undefined {
  if (service.status !== 'ACTIVE') return { status: 'STOPPED', statusReason: deletedReason };
  const primary = service.deployments.find(({ status }) => status === 'PRIMARY');
  const target = service.deployments.find(({ id }) => id === row.target.deploymentId);
  if (row.status === 'ROLLBACK_IN_PROGRESS') {
    if (primary?.rolloutState === 'COMPLETED') return { status: 'ROLLBACK_SUCCESSFUL' };
    return primary?.rolloutState === 'FAILED' ? { status: 'ROLLBACK_FAILED' } : undefined;
  }
  if (target?.rolloutState === 'FAILED') return moveFailed(row, service, nowMs);
  if (target && target === primary && target.rolloutState === 'COMPLETED') return { status: 'SUCCESSFUL' };
  return row.status === 'PENDING' ? { status: 'IN_PROGRESS' } : undefined;
}

const isFinal = (status: ServiceDeploymentStatus) =>
  status === 'SUCCESSFUL' || status === 'STOPPED' || status === 'ROLLBACK_SUCCESSFUL' || status === 'ROLLBACK_FAILED';

/** The row after a move, with its times, and its counts if that was its end. */
export function applyMove(
  row: ServiceDeploymentRow,
  move: Move,
  service: ServiceRow,
  countOf: TaskCount,
  nowMs: number,
): ServiceDeploymentRow {
  const moved: ServiceDeploymentRow = { ...row, startedAt: row.startedAt ?? nowMs, ...move, updatedAt: nowMs };
  if (!isFinal(moved.status)) return moved;
  const outcome = countServiceDeployment(moved, service, countOf);
  return { ...moved, finishedAt: nowMs, ...(moved.status === 'STOPPED' && { stoppedAt: nowMs }), outcome };
}

/** Where the service deployment stands, given its service after a pass; the same row when nothing changed. */
export function moveServiceDeployment(
  row: ServiceDeploymentRow,
  service: ServiceRow,
  countOf: TaskCount,
  nowMs: number,
): ServiceDeploymentRow {
  let current = row;
  while (isOngoing(current)) {
    const move = nextMove(current, service, nowMs);
    if (!move) break;
    current = applyMove(current, move, service, countOf, nowMs);
  }
  return current;
}

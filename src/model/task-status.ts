/**
 * The lattice of a task's lastStatus. A task moves only to the right:
 *
 *   PROVISIONING → PENDING → ACTIVATING → RUNNING → DEACTIVATING → STOPPING → DEPROVISIONING → STOPPED
 *
 * Steps may be skipped (bridge and host tasks are born PENDING; a task that fails to start goes to STOPPED at once) but
 * never taken back, whatever the order or number of an agent's messages. DELETED is not a status that we keep.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
 */
export const taskStatuses = [
  'PROVISIONING',
  'PENDING',
  'ACTIVATING',
  'RUNNING',
  'DEACTIVATING',
  'STOPPING',
  'DEPROVISIONING',
  'STOPPED',
] as const;
export type TaskStatus = (typeof taskStatuses)[number];

export const desiredStatuses = ['RUNNING', 'STOPPED'] as const;
export type DesiredStatus = (typeof desiredStatuses)[number];

export const containerStatuses = ['PENDING', 'RUNNING', 'STOPPED'] as const;
export type ContainerStatus = (typeof containerStatuses)[number];

export const healthStatuses = ['HEALTHY', 'UNHEALTHY', 'UNKNOWN'] as const;
export type HealthStatus = (typeof healthStatuses)[number];

/** Why a task stopped, as one of ECS's TaskStopCode words. */
export const stopCodes = [
  'TaskFailedToStart',
  'EssentialContainerExited',
  'UserInitiated',
  'ServiceSchedulerInitiated',
  'SpotInterruption',
  'TerminationNotice',
] as const;
export type StopCode = (typeof stopCodes)[number];

const rank = new Map<string, number>(taskStatuses.map((status, index) => [status, index]));
const containerRank = new Map<string, number>(containerStatuses.map((status, index) => [status, index]));

/** The later of the two statuses. */
export function advanceTask(current: TaskStatus, reported: TaskStatus): TaskStatus {
  return rank.get(reported)! > rank.get(current)! ? reported : current;
}

/** The later of the two container statuses. */
export function advanceContainer(current: ContainerStatus, reported: ContainerStatus): ContainerStatus {
  return containerRank.get(reported)! > containerRank.get(current)! ? reported : current;
}

/** True for a task that is on its way up: it holds resources but does not serve yet. */
export function isStarting(status: TaskStatus): boolean {
  return rank.get(status)! < rank.get('RUNNING')!;
}

export function isStopped(status: TaskStatus): boolean {
  return status === 'STOPPED';
}

/**
 * A task's health from its containers: UNHEALTHY when an essential container with a check is, UNKNOWN while one has not
 * answered or none has a check, HEALTHY otherwise.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/healthcheck.html
 */
export function taskHealth(
  containers: readonly {
    readonly essential: boolean;
    readonly healthChecked: boolean;
    readonly healthStatus: HealthStatus;
  }[],
): HealthStatus {
  const checked = containers.filter((container) => container.essential && container.healthChecked);
  if (checked.length === 0) return 'UNKNOWN';
  if (checked.some((container) => container.healthStatus === 'UNHEALTHY')) return 'UNHEALTHY';
  return checked.every((container) => container.healthStatus === 'HEALTHY') ? 'HEALTHY' : 'UNKNOWN';
}

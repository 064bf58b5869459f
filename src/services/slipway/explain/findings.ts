/** What the explanation comes to, in a sentence or three. Pure. */
import type { ServiceView } from './service.ts';

export interface ReasonCount {
  readonly reason: string;
  readonly instances: number;
}

export interface Outcome {
  readonly service?: ServiceView;
  readonly notLaunchable?: string;
  readonly requestedCount: number;
  readonly placeableCount: number;
  readonly instanceCount: number;
  readonly reasonCounts: readonly ReasonCount[];
}

const tasks = (count: number) => `${count} task${count === 1 ? '' : 's'}`;

function aboutService(service: ServiceView): string[] {
  const { status, desiredCount, runningCount, pendingCount, missingCount, throttledUntil, failuresInARow } = service;
  const found: string[] = [];
  if (status !== 'ACTIVE') found.push(`The service is ${status}: it starts no tasks.`);
  const pending = pendingCount > 0 ? `, ${pendingCount} pending` : '';
  const missing = missingCount > 0 ? `, ${missingCount} not there yet` : '';
  found.push(`Tasks: ${runningCount} of ${desiredCount} running${pending}${missing}.`);
  const failed = service.deployments.find((deployment) => deployment.rolloutState === 'FAILED');
  if (failed) found.push(`Deployment ${failed.id} has FAILED: ${failed.rolloutStateReason}`);
  if (throttledUntil) {
    const times = failuresInARow === 1 ? 'the last one failed' : `${failuresInARow} in a row failed`;
    found.push(`No task is started before ${throttledUntil.toISOString()}, because ${times}.`);
  }
  return found;
}

function aboutPlacement({ requestedCount, placeableCount, instanceCount, reasonCounts }: Outcome): string {
  if (instanceCount === 0) return 'The cluster has no container instances.';
  const asked = requestedCount === 1 ? 'The task' : `All ${tasks(requestedCount)}`;
  if (placeableCount === requestedCount) return `${asked} can be placed.`;
  const most = reasonCounts.slice(0, 3).map(({ reason, instances }) => `${reason} (${instances})`);
  const why = `Of ${instanceCount} instance${instanceCount === 1 ? '' : 's'}, these stand against it: ${most.join(', ')}.`;
  const some = `${placeableCount} of ${tasks(requestedCount)} can be placed.`;
  return placeableCount === 0 ? `No instance takes the task. ${why}` : `${some} ${why}`;
}

export function findingsOf(outcome: Outcome): string[] {
  const { service, notLaunchable } = outcome;
  const found = service ? aboutService(service) : [];
  if (notLaunchable !== undefined) return [...found, notLaunchable];
  if (service?.schedulingStrategy === 'DAEMON') {
    return [
      ...found,
      `Of ${outcome.instanceCount} instances, ${outcome.placeableCount} would get one of its tasks now.`,
    ];
  }
  if (service && service.missingCount === 0) return [...found, `If one more were wanted: ${aboutPlacement(outcome)}`];
  return [...found, aboutPlacement(outcome)];
}

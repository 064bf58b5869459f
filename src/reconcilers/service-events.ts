/** Service events in ECS's wording. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html */
import { uuid } from '#lib/ids.ts';
import type { Random } from '#lib/random.ts';
import { lastSegment } from '#model/arn.ts';
import type { ServiceRow, TaskRow } from '#model/rows.ts';
import { closestRefusal } from '#placement/place.ts';
import type { Refusal } from '#placement/request.ts';
import type { Tx } from '#store/store.ts';
import { serviceEvents } from '#store/tables/ecs.ts';

/** ECS answers the newest 100 of a service. */
const KEPT_EVENTS = 100;

const guide = 'For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.';
const list = (tasks: readonly TaskRow[]) => tasks.map((task) => `(task ${lastSegment(task.arn)})`).join(' ');

export const startedEvent = (service: ServiceRow, tasks: readonly TaskRow[]) =>
  `(service ${service.name}) has started ${tasks.length} tasks: ${list(tasks)}.`;
export const stoppedEvent = (service: ServiceRow, tasks: readonly TaskRow[]) =>
  `(service ${service.name}) has stopped ${tasks.length} running tasks: ${list(tasks)}.`;
export const steadyEvent = (service: ServiceRow) => `(service ${service.name}) has reached a steady state.`;
export const failedEvent = (service: ServiceRow, deploymentId: string, why: string) =>
  `(service ${service.name}) (deployment ${deploymentId}) deployment failed: ${why}`;
export const rollingBackEvent = (service: ServiceRow, deploymentId: string) =>
  `(service ${service.name}) rolling back to deployment ${deploymentId}.`;
export const throttledEvent = (service: ServiceRow) =>
  `(service ${service.name}) is unable to consistently start tasks successfully. ${guide}`;

function shortcoming(refusal: Refusal): string {
  switch (refusal.reason) {
    case 'RESOURCE:CPU':
      return 'has insufficient CPU units available';
    case 'RESOURCE:MEMORY':
      return 'has insufficient memory available';
    case 'RESOURCE:PORTS':
      return 'is already using a port required by your task';
    case 'RESOURCE:GPU':
      return 'has insufficient GPUs available';
    case 'ATTRIBUTE':
      return 'is missing an attribute required by your task';
    case 'AGENT':
      return 'encountered error "AGENT"';
    default:
      return `encountered error "${refusal.reason}"`;
  }
}

export const stuckEvent = (service: ServiceRow) =>
  `(service ${service.name}) was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try again.`;

const perZone = (counts: ReadonlyMap<string, number>) =>
  [...counts].map(([zone, count]) => `${count} tasks in ${zone}`).join(', ');
export const unbalancedEvent = (service: ServiceRow, counts: ReadonlyMap<string, number>) =>
  `(service ${service.name}) is not AZ balanced with ${perZone(counts)}. AZ Rebalancing in progress.`;
export const balancedEvent = (service: ServiceRow, counts: ReadonlyMap<string, number>) =>
  `(service ${service.name}) is AZ balanced with ${perZone(counts)}.`;
export const movedEvent = (service: ServiceRow, zone: string, tasks: readonly TaskRow[]) =>
  `(service ${service.name}) has started ${tasks.length} tasks in ${zone} to AZ Rebalance: ${list(tasks)}.`;
export const movedAwayEvent = (service: ServiceRow, zone: string, tasks: readonly TaskRow[]) =>
  `(service ${service.name}) has stopped ${tasks.length} running tasks in ${zone} due to AZ rebalancing: ${list(tasks)}.`;
export const zoneFullEvent = (service: ServiceRow, zone: string) =>
  `(service ${service.name}) is unable to place a task in ${zone} because no container instance met all of its requirements.`;

const unplaceable = 'was unable to place a task because no container instance met all of its requirements.';
export const isUnplaceable = (message: string | undefined) => message?.includes(unplaceable) ?? false;

/** Why no further task could be placed; `refusals` is empty when the cluster has no instance to ask. */
export function unplaceableEvent(service: ServiceRow, refusals: readonly Refusal[]): string {
  const closest = closestRefusal(refusals);
  const head = `(service ${service.name}) ${unplaceable}`;
  if (!closest) return `${head} Reason: No Container Instances were found in your cluster. ${guide}`;
  const instance = lastSegment(closest.containerInstanceArn);
  return `${head} The closest matching (container-instance ${instance}) ${shortcoming(closest)}. ${guide}`;
}

/** Adds events to the service, in their order, and drops the oldest beyond the hundred that ECS keeps. */
export function addServiceEvents(
  tx: Tx,
  service: ServiceRow,
  messages: readonly string[],
  nowMs: number,
  random: Random,
): void {
  messages.forEach((message, order) => {
    const id = uuid(random);
    const key = `${service.arn}#${String(nowMs).padStart(15, '0')}-${String(order).padStart(3, '0')}-${id}`;
    tx.insert(serviceEvents, { key, serviceArn: service.arn, id, createdAt: nowMs, message });
  });
  const surplus = tx.count(serviceEvents, 'byService', service.arn) - KEPT_EVENTS;
  if (surplus <= 0) return;
  const oldest: string[] = [];
  for (const event of tx.find(serviceEvents, 'byService', service.arn)) {
    if (oldest.length === surplus) break;
    oldest.push(event.key);
  }
  for (const old of oldest) tx.delete(serviceEvents, old);
}

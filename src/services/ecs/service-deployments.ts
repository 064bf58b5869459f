/** The birth of a service deployment and of the revision that it deploys, together with the service's new PRIMARY deployment. */
import { decimalId } from '#lib/ids.ts';
import { lastSegment, serviceDeploymentArn, serviceRevisionArn } from '#model/arn.ts';
import type { ServiceRow, TaskDefinitionRow } from '#model/rows.ts';
import {
  applyMove,
  type DeployedRevision,
  isOngoing,
  newServiceRevision,
  type ServiceDeploymentRow,
  serviceDeploymentId,
  supersededReason,
  type TaskCount,
} from '#model/service-deployment.ts';
import type { Tx, View } from '#store/store.ts';
import { serviceDeployments, serviceRevisions, tasks } from '#store/tables/ecs.ts';
import type { EcsContext } from './context.ts';

export const taskCount =
  (view: View): TaskCount =>
  (deploymentId) => {
    const count = view.sum(tasks, 'byDeployment', deploymentId);
    return { running: count['running']!, pending: count['pending']! };
  };

function supersede(tx: Tx, before: ServiceRow, nowMs: number): void {
  const row = before.serviceDeploymentArn && tx.get(serviceDeployments, before.serviceDeploymentArn);
  if (!row || !isOngoing(row)) return;
  const move = { status: 'STOPPED', statusReason: supersededReason } as const;
  tx.put(serviceDeployments, applyMove(row, move, before, taskCount(tx), nowMs));
}

/**
 * `next` has a new PRIMARY deployment, the first of its list, that runs `definition`; answers it with the service
 * deployment and revision that record it. `before` is the service as it was, absent when it is new; a service deployment
 * of it that is under way is STOPPED.
 */
export function beginServiceDeployment(
  tx: Tx,
  ctx: EcsContext,
  before: ServiceRow | undefined,
  next: ServiceRow,
  definition: TaskDefinitionRow,
): ServiceRow {
  const [primary, ...others] = next.deployments;
  const nowMs = primary!.createdAt;
  const clusterName = lastSegment(next.clusterArn);
  if (before) supersede(tx, before, nowMs);
  const revisionArn = serviceRevisionArn(next, clusterName, next.name, decimalId(ctx.random));
  tx.insert(serviceRevisions, newServiceRevision(revisionArn, next, definition, nowMs));
  const sources: DeployedRevision[] = [];
  for (const { id, serviceRevisionArn: arn } of others) if (arn) sources.push({ arn, deploymentId: id });
  const row: ServiceDeploymentRow = {
    arn: serviceDeploymentArn(next, clusterName, next.name, serviceDeploymentId(nowMs, ctx.random.bytes(13))),
    serviceArn: next.arn,
    clusterArn: next.clusterArn,
    target: { arn: revisionArn, deploymentId: primary!.id },
    sources,
    status: 'PENDING',
    deploymentConfiguration: next.deploymentConfiguration,
    createdAt: nowMs,
    updatedAt: nowMs,
  };
  tx.insert(serviceDeployments, row);
  return {
    ...next,
    serviceDeploymentArn: row.arn,
    deployments: [{ ...primary!, serviceRevisionArn: revisionArn }, ...others],
  };
}

/** Forgets all deployments and revisions of a service that is gone. */
export function forgetServiceDeployments(tx: Tx, serviceArn: string): void {
  for (const row of [...tx.find(serviceDeployments, 'byService', serviceArn)]) tx.delete(serviceDeployments, row.arn);
  for (const row of [...tx.find(serviceRevisions, 'byService', serviceArn)]) tx.delete(serviceRevisions, row.arn);
}

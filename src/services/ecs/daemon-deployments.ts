/** The birth of a daemon deployment and of the revision that it deploys. */
import { decimalId } from '#lib/ids.ts';
import { daemonDeploymentArn, daemonRevisionArn, lastSegment } from '#model/arn.ts';
import {
  type DaemonDeploymentRow,
  type DaemonRevisionRow,
  type DaemonRow,
  daemonThreshold,
  endDeployment,
  isOngoing,
  supersededReason,
} from '#model/daemon.ts';
import type { TaskDefinitionRow } from '#model/rows.ts';
import { serviceDeploymentId } from '#model/service-deployment.ts';
import type { Tx } from '#store/store.ts';
import { containerInstances, daemonDeployments, daemonRevisions } from '#store/tables/ecs.ts';
import type { EcsContext } from './context.ts';

/** What a client may say of a revision. */
export type RevisionSettings = Pick<
  DaemonRevisionRow,
  'capacityProviders' | 'critical' | 'propagateTags' | 'enableECSManagedTags' | 'enableExecuteCommand'
>;

type Place = Pick<DaemonRow, 'account' | 'region' | 'arn' | 'clusterArn' | 'name'>;

export function newDaemonRevision(
  tx: Tx,
  ctx: EcsContext,
  daemon: Place,
  definition: TaskDefinitionRow,
  settings: RevisionSettings,
): DaemonRevisionRow {
  const id = decimalId(ctx.random);
  return tx.insert(daemonRevisions, {
    arn: daemonRevisionArn(daemon, lastSegment(daemon.clusterArn), daemon.name, id),
    daemonArn: daemon.arn,
    clusterArn: daemon.clusterArn,
    createdAt: ctx.clock.now(),
    taskDefinitionArn: definition.arn,
    ...settings,
    containerImages: definition.containerDefinitions.map((container) => ({
      containerName: container.name ?? '',
      image: container.image ?? '',
    })),
  });
}

/** Records a deployment of `target`; the one of `before` that is under way is STOPPED. */
export function beginDaemonDeployment(
  tx: Tx,
  ctx: EcsContext,
  daemon: Place,
  target: DaemonRevisionRow,
  configuration: DaemonDeploymentRow['configuration'],
  before?: DaemonRow,
): DaemonDeploymentRow {
  const nowMs = ctx.clock.now();
  const ongoing = before && tx.get(daemonDeployments, before.deploymentArn);
  if (ongoing && isOngoing(ongoing)) {
    tx.put(daemonDeployments, endDeployment(ongoing, 'STOPPED', nowMs, supersededReason));
  }
  const sources = [before?.revisionArn, before?.stableRevisionArn].filter((arn) => arn && arn !== target.arn);
  const instances = target.capacityProviders.map((name) =>
    tx.count(containerInstances, 'byCapacityProvider', `${daemon.clusterArn}#${name}`),
  );
  const id = serviceDeploymentId(nowMs, ctx.random.bytes(13));
  return tx.insert(daemonDeployments, {
    arn: daemonDeploymentArn(daemon, lastSegment(daemon.clusterArn), daemon.name, id),
    daemonArn: daemon.arn,
    clusterArn: daemon.clusterArn,
    status: 'PENDING',
    targetRevisionArn: target.arn,
    sourceRevisionArns: [...new Set(sources as DaemonDeploymentRow['sourceRevisionArns'])],
    configuration,
    failureCount: 0,
    threshold: daemonThreshold(instances.reduce((sum, count) => sum + count, 0)),
    createdAt: nowMs,
  });
}

/** Ids and ARNs to task sets, within one service whose deployment controller is EXTERNAL. */
import type { Scale } from '@aws-sdk/client-ecs';
import { lastSegment, parseArn, taskSetArn } from '#model/arn.ts';
import type { ClusterRow, ServiceRow } from '#model/rows.ts';
import type { TaskSetRow } from '#model/task-set.ts';
import type { View } from '#store/store.ts';
import { taskSets } from '#store/tables/ecs.ts';
import type { EcsContext } from './context.ts';
import { invalidParameter, serviceNotActive, taskSetNotFound } from './errors.ts';
import { requireCluster } from './resolve.ts';
import { requireService } from './resolve-service.ts';

/** The ACTIVE service of an EXTERNAL deployment controller, or the error that AWS answers. */
export function requireExternalService(
  ctx: EcsContext,
  input: { readonly cluster: string | undefined; readonly service: string | undefined },
): { readonly cluster: ClusterRow; readonly service: ServiceRow } {
  const cluster = requireCluster(ctx.store, ctx, input.cluster);
  const service = requireService(ctx.store, ctx, cluster, input.service);
  if (service.status !== 'ACTIVE') throw serviceNotActive();
  if (service.deploymentController.type !== 'EXTERNAL') {
    throw invalidParameter(
      'Amazon ECS only supports task set management on services configured to use external deployment controllers.',
    );
  }
  return { cluster, service };
}

/** The ARN that an id (`ecs-svc/…`) or ARN means; InvalidParameterException for anything else. */
export function toTaskSetArn(service: ServiceRow, idOrArn: string): string {
  if (/^(ecs-svc\/)?\d+$/.test(idOrArn)) {
    const id = `ecs-svc/${lastSegment(idOrArn)}`;
    return taskSetArn(service, lastSegment(service.clusterArn), service.name, id);
  }
  const parsed = parseArn(idOrArn);
  if (parsed?.service !== 'ecs' || !parsed.resource.startsWith('task-set/')) {
    throw invalidParameter('Task Set Identifier is invalid');
  }
  return idOrArn;
}

export function findTaskSet(view: View, service: ServiceRow, idOrArn: string): TaskSetRow | undefined {
  const row = view.get(taskSets, toTaskSetArn(service, idOrArn));
  return row?.serviceArn === service.arn ? row : undefined;
}

/** As findTaskSet, or TaskSetNotFoundException. */
export function requireTaskSet(view: View, service: ServiceRow, idOrArn: string | undefined): TaskSetRow {
  if (!idOrArn) throw invalidParameter('TaskSet can not be blank.');
  const row = findTaskSet(view, service, idOrArn);
  if (!row) throw taskSetNotFound();
  return row;
}

/** 0 to 100 percent of the service's desired count; 0 without a scale, as on AWS. */
export function checkScale(scale: Scale | undefined): number {
  const { unit = 'PERCENT', value = 0 } = scale ?? {};
  if (unit !== 'PERCENT') throw invalidParameter(`Invalid scale unit: ${unit}.`);
  if (!(value >= 0 && value <= 100)) throw invalidParameter('Scale value must be between 0 and 100.');
  return value;
}

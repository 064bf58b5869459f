import type { StopServiceDeploymentCommandInput, StopServiceDeploymentCommandOutput } from '@aws-sdk/client-ecs';
import { isOngoing } from '#model/service-deployment.ts';
import { serviceDeployments, services } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { conflict, invalidParameter, serviceDeploymentNotFound } from '../errors.ts';
import { checkArn, isInScope } from '../resolve-service-deployment.ts';

/**
 * ROLLBACK, the default, takes the service back to its last completed revision, whatever its configuration says. ABORT
 * stops launching and leaves what runs. The scheduler does either; a deployment that is stopping already goes on so.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stop-service-deployment.html
 */
export const StopServiceDeployment: EcsOperation<
  StopServiceDeploymentCommandInput,
  StopServiceDeploymentCommandOutput
> = (ctx, input) => {
  const { serviceDeploymentArn: arn, stopType = 'ROLLBACK' } = input;
  if (!arn) throw invalidParameter('serviceDeploymentArn can not be blank.');
  if (stopType !== 'ROLLBACK' && stopType !== 'ABORT') throw invalidParameter(`Invalid stopType: ${stopType}.`);
  checkArn(arn, 'service-deployment');
  const row = isInScope(ctx, arn) ? ctx.store.get(serviceDeployments, arn) : undefined;
  if (!row) throw serviceDeploymentNotFound();
  const service = ctx.store.get(services, row.serviceArn);
  if (!isOngoing(row) || service?.serviceDeploymentArn !== arn || service.status !== 'ACTIVE') {
    throw conflict(`The service deployment cannot be stopped: its status is ${row.status}.`, [arn]);
  }
  if (row.status !== 'PENDING' && row.status !== 'IN_PROGRESS') return { serviceDeploymentArn: arn };
  const isCandidate = service.deployments.some(
    ({ id, rolloutState }) => id !== row.target.deploymentId && rolloutState === 'COMPLETED',
  );
  if (stopType === 'ROLLBACK' && !isCandidate) {
    throw conflict('The service deployment cannot be rolled back: no rollback candidate was found.', [arn]);
  }
  const status = stopType === 'ROLLBACK' ? 'ROLLBACK_REQUESTED' : 'STOP_REQUESTED';
  ctx.store.transact((tx) => tx.put(serviceDeployments, { ...row, status, updatedAt: ctx.clock.now() }));
  return { serviceDeploymentArn: arn };
};

/** Keeps the record of a service's deployment up with what its scheduler has just decided. */
import type { ServiceRow, TaskRow } from '#model/rows.ts';
import { moveServiceDeployment, type ServiceDeploymentRow } from '#model/service-deployment.ts';
import type { Tx } from '#store/store.ts';
import { serviceDeployments, serviceRevisions, tasks } from '#store/tables/ecs.ts';

/** The service deployment that is under way, or was last. */
export function currentServiceDeployment(tx: Tx, service: ServiceRow): ServiceDeploymentRow | undefined {
  return service.serviceDeploymentArn === undefined
    ? undefined
    : tx.get(serviceDeployments, service.serviceDeploymentArn);
}

/** Fills in the digests that agents have resolved; what is known stays. */
function recordDigests(tx: Tx, service: ServiceRow, live: readonly TaskRow[]): void {
  for (const { id, serviceRevisionArn } of service.deployments) {
    const revision = serviceRevisionArn && tx.get(serviceRevisions, serviceRevisionArn);
    if (!revision || revision.containerImages.every(({ imageDigest }) => imageDigest !== undefined)) continue;
    const task = live.find((one) => one.deploymentId === id && one.containers.some(({ imageDigest }) => imageDigest));
    if (!task) continue;
    let found = false;
    const containerImages = revision.containerImages.map((image) => {
      const imageDigest = task.containers.find(({ name }) => name === image.containerName)?.imageDigest;
      if (image.imageDigest !== undefined || imageDigest === undefined) return image;
      found = true;
      return { ...image, imageDigest };
    });
    if (found) tx.put(serviceRevisions, { ...revision, containerImages });
  }
}

/** Call it at the end of a pass with the service as it is now and its tasks that have not stopped. */
export function recordServiceDeployment(tx: Tx, service: ServiceRow, live: readonly TaskRow[], nowMs: number): void {
  recordDigests(tx, service, live);
  const row = currentServiceDeployment(tx, service);
  if (!row) return;
  const countOf = (deploymentId: string) => {
    const count = tx.sum(tasks, 'byDeployment', deploymentId);
    return { running: count['running']!, pending: count['pending']! };
  };
  const moved = moveServiceDeployment(row, service, countOf, nowMs);
  if (moved !== row) tx.put(serviceDeployments, moved);
}

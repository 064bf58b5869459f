/** The errors of Slipway's own API; the first three have the names that ECS gives the same things. */
import { ServiceError } from '#protocol/service.ts';

export const invalidParameter = (message: string) => new ServiceError('InvalidParameterException', message);
export const clusterNotFound = (name: string) =>
  new ServiceError('ClusterNotFoundException', `There is no cluster ${name}.`);
export const serviceNotFound = (name: string, cluster: string) =>
  new ServiceError('ServiceNotFoundException', `Cluster ${cluster} has no service ${name}.`);
export const taskDefinitionNotFound = (name: string) =>
  new ServiceError('TaskDefinitionNotFoundException', `There is no active task definition ${name}.`);
export const denialNotFound = (requestId: string) =>
  new ServiceError(
    'DenialNotFoundException',
    `No refusal of request ${requestId} is known to this account. The last ones of every account are kept, until the control plane is started again.`,
  );
export const accountAlreadyExists = (id: string) =>
  new ServiceError('AccountAlreadyExistsException', `There is an account ${id} already.`);
export const notAnInstance = () =>
  new ServiceError('InvalidParameterException', 'Only an instance can ask for credentials, with its own key.');
export const instanceNotFound = (id: string) =>
  new ServiceError('InstanceNotFoundException', `There is no instance ${id}.`);
export const maintenanceNotFound = (id: string) =>
  new ServiceError(
    'MaintenanceNotFoundException',
    `There is no registry maintenance ${id}; the last twenty are known.`,
  );
export const noHistory = (what: string) =>
  new ServiceError('HistoryNotFoundException', `No history is kept of ${what}.`);

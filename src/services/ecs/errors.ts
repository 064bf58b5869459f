/** ECS's modelled errors, in AWS's own words. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/CommonErrors.html */
import { ServiceError } from '#protocol/service.ts';

export const clientException = (message: string) => new ServiceError('ClientException', message);
export const invalidParameter = (message: string) => new ServiceError('InvalidParameterException', message);
export const clusterNotFound = () => new ServiceError('ClusterNotFoundException', 'Cluster not found.');
export const serviceNotFound = () => new ServiceError('ServiceNotFoundException', 'Service not found.');
export const serviceDeploymentNotFound = () =>
  new ServiceError('ServiceDeploymentNotFoundException', 'Service deployment not found.');
export const daemonNotFound = () => new ServiceError('DaemonNotFoundException', 'Daemon not found.');
export const daemonNotActive = () => new ServiceError('DaemonNotActiveException', 'Daemon was not ACTIVE.');
export const serviceNotActive = () => new ServiceError('ServiceNotActiveException', 'Service was not ACTIVE.');
export const taskSetNotFound = () =>
  new ServiceError('TaskSetNotFoundException', 'The specified task set was not found.');
export const resourceNotFound = (message = 'The specified resource could not be found.') =>
  new ServiceError('ResourceNotFoundException', message);
export const resourceInUse = (message: string) => new ServiceError('ResourceInUseException', message);
export const accessDenied = (message: string) => new ServiceError('AccessDeniedException', message);
export const conflict = (message: string, resourceIds: readonly string[] = []) =>
  new ServiceError('ConflictException', message, { members: { resourceIds } });
export const limitExceeded = (message: string) => new ServiceError('LimitExceededException', message);
export const unsupportedFeature = (message: string) => new ServiceError('UnsupportedFeatureException', message);
export const attributeLimitExceeded = (message: string) => new ServiceError('AttributeLimitExceededException', message);
export const updateInProgress = (message: string) => new ServiceError('UpdateInProgressException', message);
export const namespaceNotFound = (namespace: string) =>
  new ServiceError('NamespaceNotFoundException', `Failed to retrieve namespace for ${namespace}`);
export const targetNotFound = () =>
  new ServiceError(
    'TargetNotFoundException',
    'The specified target could not be found. You can view your available container instances with ListContainerInstances. Amazon ECS container instances are cluster-specific and Region-specific.',
  );
export const missingVersion = () =>
  new ServiceError(
    'MissingVersionException',
    'Amazon ECS is unable to determine the current version of the Amazon ECS container agent on the container instance and does not have enough information to proceed with an update.',
  );
export const noUpdateAvailable = () =>
  new ServiceError('NoUpdateAvailableException', 'There is no update available for this Amazon ECS container agent.');

/** CloudWatch Logs' modelled errors, in AWS's own words. */
import { ServiceError } from '#protocol/service.ts';

export const invalidParameter = (message: string) => new ServiceError('InvalidParameterException', message);
export const resourceNotFound = (message: string) => new ServiceError('ResourceNotFoundException', message);
export const logGroupNotFound = () => resourceNotFound('The specified log group does not exist.');
export const logStreamNotFound = () => resourceNotFound('The specified log stream does not exist.');
export const alreadyExists = (what: 'log group' | 'log stream') =>
  new ServiceError('ResourceAlreadyExistsException', `The specified ${what} already exists`);
export const validationError = (message: string) => new ServiceError('ValidationException', message);
export const tooManyTags = (resourceName: string) =>
  new ServiceError('TooManyTagsException', 'The resource has more than 50 tags.', { members: { resourceName } });
export const invalidOperation = (message: string) => new ServiceError('InvalidOperationException', message);

/** Parameter Store's modelled errors, in AWS's own words. */
import { ServiceError } from '#protocol/service.ts';

export const validation = (message: string) => new ServiceError('ValidationException', message);
export const parameterNotFound = (name: string) =>
  new ServiceError('ParameterNotFound', `Parameter ${name} not found.`);
export const versionNotFound = (version: string | number, name: string) =>
  new ServiceError(
    'ParameterVersionNotFound',
    `Systems Manager could not find version ${version} of ${name}. Verify the version and try again.`,
  );
export const alreadyExists = () =>
  new ServiceError(
    'ParameterAlreadyExists',
    'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
  );
export const reservedName = (name: string) =>
  new ServiceError('AccessDeniedException', `No access to reserved parameter name: ${name}.`);
export const tooManyVersions = (name: string, oldest: number) =>
  new ServiceError(
    'ParameterMaxVersionLimitExceeded',
    `You attempted to create a new version of ${name} by calling the PutParameter API with the overwrite flag. Version ${oldest}, the oldest version, can't be deleted because it has a label associated with it. Move the label to another version of the parameter, and try again.`,
  );
export const tooManyLabels = () =>
  new ServiceError(
    'ParameterVersionLabelLimitExceeded',
    'A parameter version can have maximum 10 labels. Move one or more labels to another version and try again.',
  );
export const patternMismatch = (pattern: string) =>
  new ServiceError(
    'ParameterPatternMismatchException',
    `Parameter value, cannot be validated against allowedPattern: ${pattern}`,
  );
export const invalidAllowedPattern = (pattern: string) =>
  new ServiceError('InvalidAllowedPatternException', `The regular expression is not valid: ${pattern}`);
export const invalidKeyId = (message: string) => new ServiceError('InvalidKeyId', message);
export const hierarchyTooDeep = () =>
  new ServiceError(
    'HierarchyLevelLimitExceededException',
    'A hierarchy can have a maximum of 15 levels. For more information, see Requirements and constraints for parameter names in the AWS Systems Manager User Guide.',
  );
export const typeMismatch = () =>
  new ServiceError(
    'HierarchyTypeMismatchException',
    "Parameter Store doesn't support changing the type of a parameter. Create a new, unique parameter.",
  );
export const invalidPolicyType = (message: string) => new ServiceError('InvalidPolicyTypeException', message);
export const invalidPolicyAttribute = (message: string) => new ServiceError('InvalidPolicyAttributeException', message);
export const incompatiblePolicies = (message: string) => new ServiceError('IncompatiblePolicyException', message);
export const tooManyPolicies = () =>
  new ServiceError('PoliciesLimitExceededException', 'You specified more than the maximum number of policies: 10.');
export const invalidFilterKey = (message: string) => new ServiceError('InvalidFilterKey', message);
export const invalidFilterOption = (message: string) => new ServiceError('InvalidFilterOption', message);
export const invalidFilterValue = (message: string) => new ServiceError('InvalidFilterValue', message);
export const invalidNextToken = () => new ServiceError('InvalidNextToken', 'The specified token is not valid.');
export const invalidResourceId = () => new ServiceError('InvalidResourceId', 'The resource ID is not valid.');
export const invalidResourceType = () => new ServiceError('InvalidResourceType', 'The resource type is not valid.');
export const tooManyTags = () =>
  new ServiceError('TooManyTagsError', 'The resource has more than the maximum number of tags: 50.');
export const resourceNotFound = (arn: string) =>
  new ServiceError('ResourceNotFoundException', `The specified parameter could not be found: ${arn}`);
export const invalidResourcePolicy = (message: string) =>
  new ServiceError('ResourcePolicyInvalidParameterException', message);
export const malformedResourcePolicy = (message: string) =>
  new ServiceError('MalformedResourcePolicyDocumentException', message);
export const resourcePolicyConflict = () =>
  new ServiceError('ResourcePolicyConflictException', 'The policy hash does not match the policy that is attached.');
export const resourcePolicyLimit = () =>
  new ServiceError('ResourcePolicyLimitExceededException', 'A parameter can have one resource policy.', {
    members: { Limit: 1, LimitType: 'Policies' },
  });
export const resourcePolicyNotFound = () =>
  new ServiceError('ResourcePolicyNotFoundException', 'No policies with the specified policy ID could be found.');

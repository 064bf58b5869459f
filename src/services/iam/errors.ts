/** IAM's errors, in AWS's own words. https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html */
import { ServiceError } from '#protocol/service.ts';

export const noSuchEntity = (message: string) => new ServiceError('NoSuchEntityException', message);
export const entityAlreadyExists = (message: string) => new ServiceError('EntityAlreadyExistsException', message);
export const deleteConflict = (message: string) => new ServiceError('DeleteConflictException', message);
export const limitExceeded = (message: string) => new ServiceError('LimitExceededException', message);
/** `PoliciesPerRole`, 10 */
export const quotaExceeded = (quota: string, limit: number) =>
  limitExceeded(`Cannot exceed quota for ${quota}: ${limit}`);
export const malformedPolicy = (message: string) => new ServiceError('MalformedPolicyDocumentException', message);
export const invalidInput = (message: string) => new ServiceError('InvalidInputException', message);
export const validationError = (message: string) => new ServiceError('ValidationError', message);
export const unmodifiable = (message: string) => new ServiceError('UnmodifiableEntityException', message);
export const notAttachable = (message: string) => new ServiceError('PolicyNotAttachableException', message);
export const passwordViolation = (message: string) => new ServiceError('PasswordPolicyViolationException', message);
export const reportNotPresent = () => new ServiceError('CredentialReportNotPresentException', 'Report not present.');
export const reportExpired = () => new ServiceError('CredentialReportExpiredException', 'Report expired.');
export const accessDenied = (message: string) => new ServiceError('AccessDenied', message, { httpStatus: 403 });

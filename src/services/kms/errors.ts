/** KMS's modelled errors, in AWS's own words. */
import { ServiceError } from '#protocol/service.ts';

export const notFound = (message: string) => new ServiceError('NotFoundException', message);
export const keyNotFound = (arn: string) => notFound(`Key '${arn}' does not exist`);
export const aliasNotFound = (arn: string) => notFound(`Alias ${arn} is not found.`);
export const keyDisabled = (arn: string) => new ServiceError('DisabledException', `${arn} is disabled.`);
export const invalidState = (message: string) => new ServiceError('KMSInvalidStateException', message);
export const pendingDeletion = (arn: string) => invalidState(`${arn} is pending deletion.`);
export const invalidCiphertext = () => new ServiceError('InvalidCiphertextException', '');
export const incorrectKey = () =>
  new ServiceError(
    'IncorrectKeyException',
    'The key ID in the request does not identify a CMK that can perform this operation.',
  );
export const ciphertextElsewhere = () =>
  new ServiceError(
    'AccessDeniedException',
    'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
  );
export const invalidKeyUsage = (message: string) => new ServiceError('InvalidKeyUsageException', message);
export const unsupported = (message = '') => new ServiceError('UnsupportedOperationException', message);
export const validation = (message: string) => new ServiceError('ValidationException', message);
export const alreadyExists = (arn: string) =>
  new ServiceError('AlreadyExistsException', `An alias with the name ${arn} already exists`);
export const limitExceeded = (message: string) => new ServiceError('LimitExceededException', message);
export const malformedPolicy = (message: string) => new ServiceError('MalformedPolicyDocumentException', message);
export const invalidMarker = () => new ServiceError('InvalidMarkerException', 'The marker is not valid.');
export const invalidGrantToken = () => new ServiceError('InvalidGrantTokenException', 'The grant token is not valid.');
export const tagError = (message: string) => new ServiceError('TagException', message);
export const invalidSignature = () => new ServiceError('KMSInvalidSignatureException', '');
export const invalidMac = () => new ServiceError('KMSInvalidMacException', '');
export const accessDenied = (message: string) => new ServiceError('AccessDeniedException', message);
export const reservedAlias = () =>
  new ServiceError('NotAuthorizedException', 'alias/aws/ is reserved for AWS managed keys.');
export const dryRunSucceeded = () =>
  new ServiceError('DryRunOperationException', 'The request would have succeeded, but the DryRun option is set.');

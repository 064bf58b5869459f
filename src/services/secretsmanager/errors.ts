/** Secrets Manager's modelled errors, in AWS's own words. */
import { ServiceError } from '#protocol/service.ts';

export const invalidParameter = (message: string) => new ServiceError('InvalidParameterException', message);
export const invalidRequest = (message: string) => new ServiceError('InvalidRequestException', message);
export const validation = (message: string) => new ServiceError('ValidationException', message);
export const notFound = (message: string) => new ServiceError('ResourceNotFoundException', message);
export const secretNotFound = () => notFound("Secrets Manager can't find the specified secret.");
export const stageNotFound = (stage: string) =>
  notFound(`Secrets Manager can't find the specified secret value for staging label: ${stage}`);
export const versionNotFound = (id: string) =>
  notFound(`Secrets Manager can't find the specified secret value for VersionId: ${id}`);
export const exists = (message: string) => new ServiceError('ResourceExistsException', message);
export const tokenInUse = (token: string, arn: string) =>
  exists(
    `You can't use ClientRequestToken ${token} because that value is already in use for a version of secret ${arn}.`,
  );
export const markedForDeletion = () =>
  invalidRequest("You can't perform this operation on the secret because it was marked for deletion.");
export const isReplica = () =>
  invalidRequest("Operation not permitted on a replica secret. Call must be made in primary secret's region.");
export const encryptionFailure = () =>
  new ServiceError(
    'EncryptionFailure',
    "Secrets Manager can't encrypt the protected secret text using the provided KMS key. Check that the KMS key is available, enabled, and not in an invalid state.",
  );
export const decryptionFailure = () =>
  new ServiceError(
    'DecryptionFailure',
    "Secrets Manager can't decrypt the protected secret text using the provided KMS key.",
  );
export const malformedPolicy = (message: string) => new ServiceError('MalformedPolicyDocumentException', message);
export const publicPolicy = () =>
  new ServiceError(
    'PublicPolicyException',
    'The BlockPublicPolicy parameter is set to true, and the resource policy did not prevent broad access to the secret.',
  );
export const invalidNextToken = () => new ServiceError('InvalidNextTokenException', 'The NextToken value is invalid.');
export const limitExceeded = (message: string) => new ServiceError('LimitExceededException', message);
export const cannotInvoke = () =>
  new ServiceError(
    'AccessDeniedException',
    'Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.',
  );

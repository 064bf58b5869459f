/** STS's errors, in its own words. https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html */
import { ServiceError } from '#protocol/service.ts';

export const accessDenied = (message: string) => new ServiceError('AccessDenied', message, { httpStatus: 403 });
export const validationError = (message: string) => new ServiceError('ValidationError', message);
export const invalidParameterValue = (message: string) => new ServiceError('InvalidParameterValue', message);
export const malformedPolicy = (message: string) => new ServiceError('MalformedPolicyDocumentException', message);
export const packedPolicyTooLarge = (message: string) => new ServiceError('PackedPolicyTooLargeException', message);
export const invalidIdentityToken = (message: string) => new ServiceError('InvalidIdentityTokenException', message);
export const expiredToken = (message: string) => new ServiceError('ExpiredTokenException', message);
export const idpRejectedClaim = (message: string) => new ServiceError('IDPRejectedClaimException', message);
export const idpCommunicationError = (cause?: unknown) =>
  new ServiceError(
    'IDPCommunicationErrorException',
    'The identity provider could not be reached to verify the identity token.',
    { cause },
  );
export const invalidAuthorizationMessage = () =>
  new ServiceError('InvalidAuthorizationMessageException', 'Message is not valid.');

/**
 * The errors that the protocol itself answers, in the words that AWS uses before a request reaches a service. The codes
 * of the Query protocols differ from those of the others; this is the one place that knows both.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/CommonErrors.html
 * https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
 */
import { ServiceError, type WireProtocol } from './service.ts';

export const isQueryProtocol = (protocol: WireProtocol): boolean => protocol === 'awsQuery' || protocol === 'ec2Query';

export const serializationError = (message: string) => new ServiceError('SerializationException', message);

export const unknownOperation = (protocol: WireProtocol, operation: string, version?: string) =>
  isQueryProtocol(protocol)
    ? new ServiceError(
        'InvalidAction',
        `Could not find operation ${operation} for version ${version ?? 'NO_VERSION_SPECIFIED'}`,
      )
    : new ServiceError('UnknownOperationException', operation ? `Unknown operation ${operation}` : '');

export const missingAction = () =>
  new ServiceError('MissingAction', 'The request is missing an Action or Operation parameter.');

/** An operation that AWS has and Slipway has not (yet). A client fault, so that no SDK retries it. */
export const notImplemented = (service: string, operation: string) =>
  new ServiceError(
    'NotImplemented',
    `Slipway does not implement ${service}:${operation}. docs/compatibility.md lists what it implements.`,
  );

/** Every SDK tries such a call again, ever later. */
export const rateExceeded = (protocol: WireProtocol) =>
  new ServiceError(isQueryProtocol(protocol) ? 'Throttling' : 'ThrottlingException', 'Rate exceeded');

export const requestTooLarge = (limitBytes: number) =>
  new ServiceError('RequestEntityTooLarge', `The request body is larger than ${limitBytes} bytes.`, {
    httpStatus: 413,
  });

/** Missing required members, in the words of AWS's common request validator. */
export function missingMembers(protocol: WireProtocol, paths: readonly string[]): ServiceError {
  const one = (path: string) => `Value null at '${path}' failed to satisfy constraint: Member must not be null`;
  const count = `${paths.length} validation error${paths.length === 1 ? '' : 's'} detected: `;
  const code = isQueryProtocol(protocol) ? 'ValidationError' : 'ValidationException';
  return new ServiceError(code, count + paths.map(one).join('; '));
}

/** More resources in one request than could be asked about. */
export function tooManyResources(protocol: WireProtocol, most: number): ServiceError {
  const code = isQueryProtocol(protocol) ? 'ValidationError' : 'ValidationException';
  return new ServiceError(code, `A request may name at most ${most} resources.`);
}

export const authFailures = [
  'missingToken',
  'incompleteSignature',
  'unknownKey',
  'signatureMismatch',
  'expiredToken',
  'accessDenied',
] as const;
export type AuthFailure = (typeof authFailures)[number];

/** Why a request is not let in; which code and status that is depends on the protocol. */
export class AuthError extends Error {
  readonly failure: AuthFailure;
  constructor(failure: AuthFailure, message: string) {
    super(message);
    this.name = 'AuthError';
    this.failure = failure;
  }
}

const authCodes: Readonly<
  Record<AuthFailure, { readonly json: string; readonly query: string; readonly queryStatus: number }>
> = {
  missingToken: { json: 'MissingAuthenticationTokenException', query: 'MissingAuthenticationToken', queryStatus: 403 },
  incompleteSignature: { json: 'IncompleteSignatureException', query: 'IncompleteSignature', queryStatus: 400 },
  unknownKey: { json: 'UnrecognizedClientException', query: 'InvalidClientTokenId', queryStatus: 403 },
  signatureMismatch: { json: 'InvalidSignatureException', query: 'SignatureDoesNotMatch', queryStatus: 403 },
  expiredToken: { json: 'ExpiredTokenException', query: 'ExpiredToken', queryStatus: 403 },
  accessDenied: { json: 'AccessDeniedException', query: 'AccessDenied', queryStatus: 403 },
};

export function toServiceError(error: AuthError, protocol: WireProtocol): ServiceError {
  const codes = authCodes[error.failure];
  return isQueryProtocol(protocol)
    ? new ServiceError(codes.query, error.message, { httpStatus: codes.queryStatus })
    : new ServiceError(codes.json, error.message, { httpStatus: 400 });
}

/** What S3's errors, and those of stores that speak like it, are to callers of a blob store. */
import { BlobError } from '../blob-store.ts';

const fullCodes = new Set([
  'XMinioStorageFull',
  'QuotaExceeded',
  'XMinioAdminBucketQuotaExceeded',
  'InsufficientCapacity',
]);
const awayCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
]);
const awayNames = new Set(['TimeoutError', 'SlowDown', 'ServiceUnavailable', 'InternalError']);

interface SdkError extends Error {
  readonly code?: string;
  readonly Code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

export function s3Error(error: unknown): unknown {
  const { name, code = '', Code = '', $metadata, message } = error as SdkError;
  const status = $metadata?.httpStatusCode ?? 0;
  const translated = (reason: BlobError['reason'], text: string) => {
    const blobError = new BlobError(reason, text);
    blobError.cause = error;
    return blobError;
  };
  if (error instanceof BlobError) return error;
  if (status === 507 || fullCodes.has(name) || fullCodes.has(Code)) {
    return translated('disk full', 'there is no space left for the image');
  }
  if (name === 'NoSuchUpload') return translated('unknown upload', 'the upload has been ended');
  if (awayCodes.has(code) || awayNames.has(name) || [500, 502, 503, 504].includes(status)) {
    return translated('unavailable', `the bucket of the registry does not answer: ${message}`);
  }
  return error;
}

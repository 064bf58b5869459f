/** One request over the OCI routes and its answer, whichever of the two HTTP paths they travel. */
import type { BlobSource } from './blob-store/blob-store.ts';

export interface RegistryRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  readonly host: string | undefined;
  readonly authorization: string | undefined;
  readonly userAgent: string;
  readonly remoteAddress: string;
  readonly secure: boolean;
  /** `name` in lower case. */
  header(name: string): string | undefined;
  /** A piece is good until the next one is asked for: its memory is used again. */
  readonly body: AsyncIterable<Buffer> | undefined;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body?: Buffer | string;
  /** Instead of a body; who sends the answer closes it. */
  readonly blob?: { readonly source: BlobSource; readonly start: number; readonly end: number };
  /** The whole answer to a GET or HEAD but for its first line and its date, where it was made before. */
  readonly prebuilt?: Buffer;
}

/** Codes of the distribution specification. */
export type ErrorCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'SIZE_INVALID'
  | 'TAG_INVALID'
  | 'PAGINATION_NUMBER_INVALID'
  | 'RANGE_INVALID'
  | 'UNAUTHORIZED'
  | 'DENIED'
  | 'UNSUPPORTED'
  | 'TOOMANYREQUESTS'
  | 'UNAVAILABLE'
  | 'UNKNOWN';

/** What a client is told in the specification's own form. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: unknown;
  readonly headers: Readonly<Record<string, string | number>>;

  constructor(
    status: number,
    code: ErrorCode,
    message: string,
    more: { readonly detail?: unknown; readonly headers?: Readonly<Record<string, string | number>> } = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.detail = more.detail;
    this.headers = more.headers ?? {};
  }
}

/** Nobody is there any more to read the answer. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';
}

export const errorReply = ({ status, code, message, detail, headers }: RegistryError): Reply => ({
  status,
  headers: { 'Content-Type': 'application/json; charset=utf-8', ...headers },
  body: JSON.stringify({ errors: [{ code, message, ...(detail !== undefined && { detail }) }] }),
});

export const jsonReply = (value: unknown, headers: Readonly<Record<string, string | number>> = {}): Reply => ({
  status: 200,
  headers: { 'Content-Type': 'application/json; charset=utf-8', ...headers },
  body: JSON.stringify(value),
});

/**
 * Where the bytes of images are: blobs under their digests, stored once whatever repositories hold them, and uploads that
 * are on their way to becoming blobs. It knows no repository and asks nobody's permission; both are said before.
 *
 * - A blob is there whole or not at all, also after a crash: its bytes are on stable storage and its digest is checked before
 *   `finish` or `write` resolve. Storing what is there already is free.
 * - Uploads survive a restart with the bytes that were acknowledged; one writer at a time.
 * - A full disk rejects with BlobError `disk full`; nothing that was there before is lost.
 *
 * Digests are `sha256:<hex>` or `sha512:<hex>`; others are refused before they come here.
 */
import { BlobError, type BlobStat } from '#images/blob-gateway.ts';

export { BlobError, type BlobStat } from '#images/blob-gateway.ts';
export { algorithmOf, type DigestAlgorithm, digestOf, isDigest } from '#images/digest.ts';

export const digestAlgorithms = ['sha256', 'sha512'] as const;
export const hexOf = (digest: string): string => digest.slice(7);

/** A blob that is open for reading; stays readable when it is deleted meanwhile. */
export interface BlobSource {
  readonly sizeBytes: number;
  /**
   * Bytes `start` to `end` (exclusive), in pieces of up to 1 MiB. A piece is good until the next one is asked for: its memory
   * is used again. May be called once.
   */
  stream(start: number, end: number): AsyncIterable<Buffer>;
  /** Safe to call again. */
  close(): Promise<void>;
}

export interface UploadStat {
  readonly id: string;
  readonly sizeBytes: number;
  /** Epoch milliseconds of the last bytes. */
  readonly touchedAt: number;
}

export interface BlobStore {
  stat(digest: string): Promise<BlobStat | undefined>;
  open(digest: string): Promise<BlobSource | undefined>;
  /** The whole blob; rejects with `too large` beyond `limitBytes`. */
  read(digest: string, limitBytes: number): Promise<Buffer | undefined>;
  /** Rejects with `digest` when the bytes are others. */
  write(bytes: Buffer, digest: string): Promise<BlobStat>;

  startUpload(): Promise<string>;
  upload(id: string): Promise<UploadStat | undefined>;
  /**
   * Adds what `chunks` gives at `offset` (by default where the upload stands) and answers the new size. Rejects with `offset`
   * when the upload does not stand there or another request is at it, with `unknown upload`, or with what `chunks` throws; bytes
   * received until then stay. A chunk is read before the next one is asked for; its memory may be used again then.
   */
  append(id: string, offset: number | undefined, chunks: AsyncIterable<Buffer>): Promise<number>;
  /**
   * Makes a blob of the upload, after the last `chunks` at `offset` if there are any. Rejects with `digest` when the bytes are
   * others; the upload is gone then.
   */
  finish(
    id: string,
    digest: string,
    last?: { readonly offset: number | undefined; readonly chunks: AsyncIterable<Buffer> },
  ): Promise<BlobStat>;
  /** Whether there was such an upload. */
  abort(id: string): Promise<boolean>;
  uploads(): Promise<readonly UploadStat[]>;

  /** Every blob, in no particular order. */
  list(): AsyncIterable<BlobStat>;
  /** Does nothing when there is no such blob. Who calls makes sure that nobody needs it. */
  delete(digest: string): Promise<void>;
  /** A URL to which a pull may be redirected; undefined where bytes must come from here. */
  redirect?(digest: string, lifetimeMs: number): Promise<string>;
  /** Gives the space of deleted blobs back where that is work of its own; answers how many bytes that were. */
  compact?(): Promise<number>;
  close(): Promise<void>;
}

export const digestMismatch = (expected: string, got: string) =>
  new BlobError('digest', `provided digest did not match uploaded content: expected ${expected}, got ${got}`);
export const unknownUpload = (id: string) => new BlobError('unknown upload', `there is no upload ${id}`);
export const wrongOffset = (sizeBytes: number) =>
  new BlobError('offset', `the upload stands at ${sizeBytes} bytes`, sizeBytes);

const fullDiskCodes = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** What a failed write is to callers: a full disk is told apart, everything else stays as it is. */
export function storageError(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === undefined || !fullDiskCodes.has(code)) return error;
  const full = new BlobError('disk full', 'there is no space left for the image');
  full.cause = error;
  return full;
}

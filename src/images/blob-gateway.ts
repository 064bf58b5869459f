/**
 * The blob store as the control plane reaches it. The bytes are in the registry process, which alone writes them; what
 * is said here is durable when the promise resolves. Digests are `sha256:<hex>` or `sha512:<hex>`.
 */
export interface BlobStat {
  readonly digest: string;
  readonly sizeBytes: number;
}

export interface BlobGateway {
  stat(digest: string): Promise<BlobStat | undefined>;
  /** For manifests and configs: rejects beyond `limitBytes` (default 8 MiB). Undefined when there is no such blob. */
  read(digest: string, limitBytes?: number): Promise<Buffer | undefined>;
  /** Stores bytes under their digest, sha256 unless told otherwise; writing what is there already is free. */
  write(bytes: Buffer, algorithm?: 'sha256' | 'sha512'): Promise<BlobStat>;
  startUpload(): Promise<string>;
  /** Bytes received so far. Rejects with `offset` when `offset` is not where the upload stands. */
  append(uploadId: string, offset: number, bytes: Buffer): Promise<number>;
  /** Rejects with `digest` when the bytes are others than `digest` says; the upload is gone then. */
  finish(uploadId: string, digest: string): Promise<BlobStat>;
  abort(uploadId: string): Promise<void>;
  /** A URL at which anybody may fetch the blob for a while. */
  presignedUrl(digest: string, endpoint: string, lifetimeMs: number): string;
}

/** What went wrong, where the caller has to tell the reasons apart. */
export class BlobError extends Error {
  override readonly name = 'BlobError';
  readonly reason: 'offset' | 'digest' | 'unknown upload' | 'too large' | 'disk full' | 'unavailable';
  /** For `offset`: where the upload stands. */
  readonly sizeBytes: number | undefined;

  constructor(reason: BlobError['reason'], message: string, sizeBytes?: number) {
    super(message);
    this.reason = reason;
    this.sizeBytes = sizeBytes;
  }
}

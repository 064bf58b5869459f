/**
 * One blob on its way from an upstream into the blob store, for everybody who wants it meanwhile. It is fetched once; who
 * comes in the middle reads what is there from a spool file and then goes along.
 *
 * - Readers never get the last piece before the digest is known to be right (RegistryClient.blob).
 * - A reader that leaves stops nothing: the blob is wanted by the image that is being cached.
 */
import { type FileHandle, open, rm } from 'node:fs/promises';
import { BlobError, type BlobSource, type BlobStat, type BlobStore } from '../blob-store/blob-store.ts';
import type { RemoteBlob } from '../client/registry-client.ts';

/** Blobs up to that size have no spool file: whoever waits for one does not wait long. */
const smallBytes = 256 * 1024;
const pieceBytes = 2 ** 20;

export class Download {
  readonly sizeBytes: number | undefined;
  /** The blob is in the store, and what `finish` did is done. */
  readonly done: Promise<BlobStat>;
  readonly #digest: string;
  readonly #blobs: BlobStore;
  readonly #spoolPath: string;
  #spool: FileHandle | undefined;
  #spooled = 0;
  #readers = 0;
  #state: 'running' | 'done' | 'failed' = 'running';
  #failure: unknown;
  #waiting: (() => void)[] = [];

  constructor(options: {
    readonly digest: string;
    readonly remote: RemoteBlob;
    readonly blobs: BlobStore;
    readonly spoolPath: string;
    /** What is to be done before the blob counts as there. */
    readonly finish: (blob: BlobStat) => Promise<void>;
  }) {
    this.#digest = options.digest;
    this.#blobs = options.blobs;
    this.#spoolPath = options.spoolPath;
    this.sizeBytes = options.remote.sizeBytes;
    this.done = this.#run(options.remote, options.finish);
    this.done.catch(() => {});
  }

  #announce(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  async #run(remote: RemoteBlob, finish: (blob: BlobStat) => Promise<void>): Promise<BlobStat> {
    let upload: string | undefined;
    try {
      upload = await this.#blobs.startUpload();
      if ((this.sizeBytes ?? 0) > smallBytes) this.#spool = await open(this.#spoolPath, 'wx+', 0o600);
      const chunks = this.#spoolAll(remote.chunks);
      const blob = await this.#blobs.finish(upload, this.#digest, { offset: 0, chunks });
      upload = undefined;
      await finish(blob);
      this.#state = 'done';
      return blob;
    } catch (error) {
      this.#state = 'failed';
      this.#failure = error;
      if (upload !== undefined) await this.#blobs.abort(upload).catch(() => {});
      throw error;
    } finally {
      this.#announce();
      await this.#closeSpool();
    }
  }

  async *#spoolAll(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      if (this.#spool) {
        await this.#write(this.#spool, chunk);
        this.#announce();
      }
      yield chunk;
    }
  }

  async #write(file: FileHandle, chunk: Buffer): Promise<void> {
    for (let done = 0; done < chunk.length; ) {
      const { bytesWritten } = await file.write(chunk, done, chunk.length - done, this.#spooled);
      done += bytesWritten;
      this.#spooled += bytesWritten;
    }
  }

  async #closeSpool(): Promise<void> {
    const file = this.#spool;
    if (!file || this.#readers > 0 || this.#state === 'running') return;
    this.#spool = undefined;
    await file.close();
    await rm(this.#spoolPath, { force: true });
  }

  #progress(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Reads along. `sizeBytes` must be known. */
  source(): BlobSource {
    const stream = (start: number, end: number) => this.#stream(start, end);
    return { sizeBytes: this.sizeBytes ?? 0, stream, close: async () => {} };
  }

  async *#stream(start: number, end: number): AsyncGenerator<Buffer> {
    this.#readers += 1;
    let at = start;
    try {
      const buffer = Buffer.allocUnsafeSlow(Math.max(1, Math.min(pieceBytes, end - start)));
      while (at < end && this.#state !== 'done') {
        if (this.#state === 'failed') throw this.#failure;
        const readable = Math.min(this.#spooled, end, at + buffer.length);
        if (!this.#spool || readable <= at) {
          await this.#progress();
          continue;
        }
        const { bytesRead } = await this.#spool.read(buffer, 0, readable - at, at);
        if (bytesRead === 0) throw new Error('the spool file is shorter than it was');
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      this.#readers -= 1;
      await this.#closeSpool();
    }
    if (at < end) yield* this.#stored(at, end);
  }

  async *#stored(start: number, end: number): AsyncGenerator<Buffer> {
    const source = await this.#blobs.open(this.#digest);
    if (!source) throw new BlobError('unavailable', 'the blob has gone already');
    try {
      yield* source.stream(start, end);
    } finally {
      await source.close();
    }
  }
}

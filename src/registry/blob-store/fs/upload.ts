/**
 * One upload on the file system: a file that grows, hashed on the way. Bytes gather to pieces of 1 MiB; while one is written the
 * next one gathers. A small upload stays in memory until its request ends, because a blob of that size goes to the log.
 */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { algorithmOf, type DigestAlgorithm, hexOf, storageError } from '../blob-store.ts';

/** Larger: more memory per client that pushes; smaller: more writes. */
const pieceBytes = 2 ** 20;
/**
 * How much may be written before it is brought to the disk in the background, so that the last sync is short. Larger: that
 * one takes longer; smaller: the disk is asked more often.
 */
const syncEveryBytes = 64 * 2 ** 20;

export interface UploadFileOptions {
  readonly path: string;
  readonly smallBytes: number;
  readonly reserve?: (bytes: number) => void;
}

export class UploadFile {
  readonly path: string;
  readonly #options: UploadFileOptions;
  /** On disk. */
  #written: number;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #file: FileHandle | undefined;
  #hash: { readonly algorithm: DigestAlgorithm; readonly state: Hash } | undefined;
  #write: Promise<void> | undefined;
  #sync: Promise<void> | undefined;
  #unsynced = 0;
  /** Of a write that nobody waited for; the next one who asks gets it. */
  #failure: unknown;
  /** A request is adding bytes. */
  busy = false;
  touchedAt: number;

  constructor(options: UploadFileOptions, writtenBytes: number, touchedAt: number) {
    this.#options = options;
    this.path = options.path;
    this.#written = writtenBytes;
    this.touchedAt = touchedAt;
    if (writtenBytes === 0) this.#hash = { algorithm: 'sha256', state: createHash('sha256') };
    else this.#unsynced = writtenBytes;
  }

  get sizeBytes(): number {
    return this.#written + this.#pendingBytes;
  }

  /** All bytes, when none of them is on disk yet and they are few. */
  get small(): Buffer | undefined {
    if (this.#written > 0 || this.#write || this.#pendingBytes > this.#options.smallBytes) return undefined;
    return this.#pending.length === 1 ? this.#pending[0] : Buffer.concat(this.#pending, this.#pendingBytes);
  }

  /** The hash goes on with `algorithm` from the first byte, where nothing has been received yet. */
  expect(algorithm: DigestAlgorithm): void {
    if (this.sizeBytes === 0) this.#hash = { algorithm, state: createHash(algorithm) };
  }

  /** The chunk has been read when this resolves. */
  async add(chunk: Buffer): Promise<void> {
    if (chunk.length === 0) return;
    if (chunk.length >= pieceBytes / 2) {
      await this.#startWrite();
      this.#pending = [chunk];
      this.#pendingBytes = chunk.length;
      await this.#startWrite();
      await this.#write;
      this.#throwFailure();
      return;
    }
    this.#pending.push(Buffer.from(chunk));
    this.#pendingBytes += chunk.length;
    if (this.#pendingBytes >= pieceBytes) await this.#startWrite();
  }

  #throwFailure(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }

  /** Waits for the write before, hashes and begins to write what has gathered. */
  async #startWrite(): Promise<void> {
    await this.#write;
    this.#throwFailure();
    const pieces = this.#pending;
    const size = this.#pendingBytes;
    if (size === 0) return;
    this.#pending = [];
    this.#pendingBytes = 0;
    try {
      this.#options.reserve?.(size);
      this.#file ??= await open(this.path, this.#written === 0 ? 'w+' : 'r+', 0o600);
    } catch (error) {
      throw storageError(error);
    }
    const at = this.#written;
    this.#written += size;
    this.#write = this.#writeAt(this.#file, pieces, at, size);
    for (const piece of pieces) this.#hash?.state.update(piece);
  }

  async #writeAt(file: FileHandle, pieces: readonly Buffer[], at: number, size: number): Promise<void> {
    try {
      const { bytesWritten } = await file.writev(pieces, at);
      if (bytesWritten < size) {
        const rest = Buffer.concat(pieces).subarray(bytesWritten);
        for (let done = 0; done < rest.length; ) {
          done += (await file.write(rest, done, rest.length - done, at + bytesWritten + done)).bytesWritten;
        }
      }
    } catch (error) {
      this.#written = at;
      this.#hash = undefined;
      this.#pending = [];
      this.#pendingBytes = 0;
      this.#failure = storageError(error);
      return;
    } finally {
      this.#write = undefined;
    }
    this.#unsynced += size;
    if (this.#unsynced >= syncEveryBytes && !this.#sync) {
      this.#unsynced = 0;
      this.#sync = file.datasync().finally(() => {
        this.#sync = undefined;
      });
      this.#sync.catch(() => {});
    }
  }

  /** Everything received so far is in the file when it resolves: another process would go on from there. */
  async flush(): Promise<void> {
    try {
      await this.#startWrite();
      await this.#write;
      this.#throwFailure();
    } catch (error) {
      throw storageError(error);
    }
  }

  /** Digest of all bytes; call after `flush`, or when they are small. */
  async digest(wanted: string): Promise<string> {
    const algorithm = algorithmOf(wanted);
    const small = this.small;
    if (small) return `${algorithm}:${createHash(algorithm).update(small).digest('hex')}`;
    if (this.#hash?.algorithm === algorithm) return `${algorithm}:${this.#hash.state.copy().digest('hex')}`;
    const state = createHash(algorithm);
    const stream = createReadStream(this.path, { end: this.#written - 1, highWaterMark: pieceBytes });
    for await (const piece of stream) state.update(piece as Buffer);
    return `${algorithm}:${state.digest('hex')}`;
  }

  /** On stable storage when it resolves. */
  async sync(): Promise<void> {
    await this.#sync?.catch(() => {});
    this.#file ??= await open(this.path, 'r+');
    await this.#file.truncate(this.#written);
    try {
      await this.#file.sync();
    } catch (error) {
      throw storageError(error);
    }
  }

  async close(): Promise<void> {
    await this.#write;
    await this.#sync?.catch(() => {});
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  async remove(): Promise<void> {
    await this.close();
    await rm(this.path, { force: true });
  }
}

export const pathOfBlob = (digest: string): readonly [string, string] => {
  const hex = hexOf(digest);
  return [`${algorithmOf(digest)}/${hex.slice(0, 2)}`, hex];
};

/**
 * One upload on S3, below `uploads/<id>/`:
 *
 *   data            the object that a multipart upload makes, one part after the other
 *   state           the multipart upload and its parts, as of the last acknowledged bytes
 *   tail-<offset>   what has been received after the parts and is too small for one: S3 wants parts of 5 MiB at least
 *
 * What fits into one part never becomes a multipart upload: it is in the tail until its end. Bytes are hashed on the way; the
 * hash lives in this process only, because its state cannot be saved: an upload that goes on after a restart, or ends with
 * another algorithm than it began with, is read back and hashed before it becomes a blob.
 */
import { createHash, type Hash } from 'node:crypto';
import { algorithmOf, BlobError, type DigestAlgorithm } from '../blob-store.ts';
import type { Bucket, Part } from './bucket.ts';

/** Parts may be 10,000: each thousand is of twice the size of the one before, so that 8 MiB reach for 8 TiB. */
const partBytesAt = (partBytes: number, number: number): number => partBytes * 2 ** Math.floor((number - 1) / 1_000);
/** More: faster where the store is far away, more memory for every client that pushes. */
const partsAtOnce = 3;
/** A crash during a long request loses so many parts at most; who resumes is told. */
const partsPerSave = 16;
const firstBufferBytes = 64 * 1024;

interface SavedState {
  readonly uploadId: string;
  readonly parts: readonly Part[];
}

const folderOf = (id: string): string => `uploads/${id}/`;

export class S3Upload {
  readonly id: string;
  readonly #bucket: Bucket;
  readonly #partBytes: number;
  #uploadId: string | undefined;
  #parts: Part[] = [];
  #partsBytes = 0;
  #sending: Promise<void>[] = [];
  #failure: unknown;
  #buffer: Buffer = Buffer.alloc(0);
  #tailBytes = 0;
  /** Of the tail that the bucket has, by where it begins. */
  #saved = { offset: 0, tailBytes: 0, parts: 0 };
  /** Of the object that the finished multipart upload has made. */
  #isWhole = false;
  #hash: { readonly algorithm: DigestAlgorithm; readonly state: Hash } | undefined;
  /** A request is adding bytes. */
  busy = false;
  touchedAt: number;

  constructor(options: { readonly id: string; readonly bucket: Bucket; readonly partBytes: number }, now: number) {
    this.id = options.id;
    this.#bucket = options.bucket;
    this.#partBytes = options.partBytes;
    this.touchedAt = now;
    this.#hash = { algorithm: 'sha256', state: createHash('sha256') };
  }

  #key(name: string): string {
    return folderOf(this.id) + name;
  }

  /** One that an earlier process began; undefined when the bucket has nothing of it. */
  static async load(options: ConstructorParameters<typeof S3Upload>[0]): Promise<S3Upload | undefined> {
    const upload = new S3Upload(options, 0);
    const tails = new Map<number, number>();
    let hasState = false;
    for await (const { key, sizeBytes, modifiedAt } of options.bucket.list(folderOf(options.id))) {
      const name = key.slice(folderOf(options.id).length);
      if (name === 'state') hasState = true;
      if (name.startsWith('tail-')) tails.set(Number(name.slice(5)), sizeBytes);
      upload.touchedAt = Math.max(upload.touchedAt, modifiedAt);
    }
    if (!hasState && tails.size === 0) return undefined;
    if (hasState) {
      const state = JSON.parse(String(await options.bucket.read(upload.#key('state')))) as SavedState;
      upload.#uploadId = state.uploadId;
      upload.#parts = [...state.parts];
      upload.#partsBytes = state.parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    }
    upload.#hash = undefined;
    const offset = upload.#partsBytes;
    upload.#saved = { offset, tailBytes: tails.get(offset) ?? 0, parts: upload.#parts.length };
    if (upload.#saved.tailBytes > 0) {
      upload.#buffer = (await options.bucket.read(upload.#key(`tail-${offset}`))) ?? Buffer.alloc(0);
      upload.#tailBytes = upload.#buffer.length;
    }
    return upload;
  }

  get sizeBytes(): number {
    return this.#partsBytes + this.#tailBytes;
  }

  /** All bytes, while they fit into one part. */
  get small(): Buffer | undefined {
    return this.#uploadId === undefined ? this.#tail : undefined;
  }

  get #tail(): Buffer {
    return this.#buffer.subarray(0, this.#tailBytes);
  }

  get #nextPartBytes(): number {
    return partBytesAt(this.#partBytes, this.#parts.length + 1);
  }

  /** The hash goes on with `algorithm` from the first byte, where nothing has been received yet. */
  expect(algorithm: DigestAlgorithm): void {
    if (this.sizeBytes === 0) this.#hash = { algorithm, state: createHash(algorithm) };
  }

  async add(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length; ) {
      if (this.#tailBytes === this.#nextPartBytes) await this.#sendPart();
      const piece = chunk.subarray(at, at + this.#nextPartBytes - this.#tailBytes);
      this.#keep(piece);
      this.#hash?.state.update(piece);
      at += piece.length;
    }
  }

  #keep(piece: Buffer): void {
    const needed = this.#tailBytes + piece.length;
    if (needed > this.#buffer.length) {
      const size = Math.min(this.#nextPartBytes, Math.max(needed, firstBufferBytes, 2 * this.#buffer.length));
      const larger = Buffer.allocUnsafeSlow(size);
      this.#buffer.copy(larger, 0, 0, this.#tailBytes);
      this.#buffer = larger;
    }
    piece.copy(this.#buffer, this.#tailBytes);
    this.#tailBytes = needed;
  }

  /** The tail becomes a part that is on its way while the next one gathers. */
  async #sendPart(): Promise<void> {
    this.#throwFailure();
    this.#uploadId ??= await this.#bucket.startMultipart(this.#key('data'));
    const bytes = this.#tail;
    const number = this.#parts.length + 1;
    if (number > 10_000) throw new BlobError('too large', 'the blob has more bytes than S3 takes');
    this.#buffer = Buffer.alloc(0);
    this.#tailBytes = 0;
    this.#partsBytes += bytes.length;
    this.#parts.push({ sizeBytes: bytes.length, etag: '' });
    const sent = this.#bucket.putPart(this.#key('data'), this.#uploadId, number, bytes).then(
      (part) => {
        this.#parts[number - 1] = part;
      },
      (error: unknown) => {
        this.#failure ??= error;
      },
    );
    this.#sending.push(sent);
    if (this.#sending.length >= partsAtOnce) await this.#sending.shift();
    if (number % partsPerSave === 0) {
      await this.#settle();
      await this.#saveState();
    }
  }

  async #settle(): Promise<void> {
    await Promise.all(this.#sending.splice(0));
    this.#throwFailure();
  }

  /** After parts that did not arrive the upload stands where the last one in order ends. */
  #throwFailure(): void {
    const failure = this.#failure;
    if (failure === undefined) return;
    this.#failure = undefined;
    const missing = this.#parts.findIndex(({ etag }) => etag === '');
    if (missing >= 0) this.#standAt(missing);
    throw failure;
  }

  #standAt(parts: number): void {
    this.#parts.length = parts;
    this.#partsBytes = this.#parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    this.#buffer = Buffer.alloc(0);
    this.#tailBytes = 0;
    this.#hash = undefined;
  }

  async #saveState(): Promise<void> {
    if (this.#uploadId === undefined || this.#saved.parts === this.#parts.length) return;
    const state: SavedState = { uploadId: this.#uploadId, parts: this.#parts };
    await this.#bucket.put(this.#key('state'), Buffer.from(JSON.stringify(state)));
    this.#saved = { ...this.#saved, parts: this.#parts.length };
  }

  /** Everything received so far is in the bucket when it resolves: another process would go on from there. */
  async flush(): Promise<void> {
    const before = this.#saved;
    try {
      await this.#settle();
      const offset = this.#partsBytes;
      const tailBytes = this.#tailBytes;
      if (tailBytes > 0 && (offset !== before.offset || tailBytes !== before.tailBytes)) {
        await this.#bucket.put(this.#key(`tail-${offset}`), this.#tail);
      }
      await this.#saveState();
      this.#saved = { offset, tailBytes, parts: this.#parts.length };
    } catch (error) {
      await this.#rollBack();
      throw error;
    }
    const isStale = before.tailBytes > 0 && before.offset !== this.#partsBytes;
    if (isStale) await this.#bucket.remove(this.#key(`tail-${before.offset}`)).catch(() => {});
  }

  /** To what the bucket has for sure, so that the client is told where to go on. */
  async #rollBack(): Promise<void> {
    await Promise.all(this.#sending.splice(0));
    this.#failure = undefined;
    const { parts, offset, tailBytes } = this.#saved;
    this.#standAt(parts);
    if (parts === 0 && this.#uploadId !== undefined) {
      await this.#bucket.abortMultipart(this.#key('data'), this.#uploadId).catch(() => {});
      this.#uploadId = undefined;
    }
    if (tailBytes === 0 || offset !== this.#partsBytes) return;
    this.#buffer = (await this.#bucket.read(this.#key(`tail-${offset}`)).catch(() => undefined)) ?? Buffer.alloc(0);
    this.#tailBytes = this.#buffer.length;
  }

  /** The parts become one object; safe to call again. */
  async complete(): Promise<void> {
    if (this.#isWhole || this.#uploadId === undefined) return;
    try {
      if (this.#tailBytes > 0) await this.#sendPart();
      await this.#settle();
      await this.#bucket.finishMultipart(this.#key('data'), this.#uploadId, this.#parts);
    } catch (error) {
      await this.#rollBack();
      throw error;
    }
    this.#isWhole = true;
  }

  /** Undefined when the bytes have to be read again. */
  knownDigest(wanted: string): string | undefined {
    const algorithm = algorithmOf(wanted);
    if (this.#uploadId === undefined) return `${algorithm}:${createHash(algorithm).update(this.#tail).digest('hex')}`;
    return this.#hash?.algorithm === algorithm ? `${algorithm}:${this.#hash.state.copy().digest('hex')}` : undefined;
  }

  /** Of the whole object; call after `complete`. */
  async readDigest(wanted: string): Promise<string> {
    const algorithm = algorithmOf(wanted);
    const state = createHash(algorithm);
    const found = await this.#bucket.get(this.#key('data'));
    if (!found) throw new Error('the object of the upload is gone');
    for await (const piece of found.body) state.update(piece as Buffer);
    return `${algorithm}:${state.digest('hex')}`;
  }

  async copyTo(key: string): Promise<void> {
    await this.#bucket.copy(this.#key('data'), key, this.sizeBytes);
  }

  async remove(): Promise<void> {
    await Promise.all(this.#sending.splice(0));
    if (this.#uploadId !== undefined && !this.#isWhole) {
      await this.#bucket.abortMultipart(this.#key('data'), this.#uploadId);
    }
    if (this.#uploadId === undefined && this.#saved.tailBytes === 0) return;
    const keys: string[] = [];
    for await (const { key } of this.#bucket.list(folderOf(this.id))) keys.push(key);
    for (const key of keys) await this.#bucket.remove(key);
  }
}

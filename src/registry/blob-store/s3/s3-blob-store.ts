/**
 * Blobs in a bucket, below a prefix that belongs to one Slipway:
 *
 *   blobs/sha256/ab/<hex>   one object a blob; made by one request or by a copy, so it is there whole or not at all
 *   uploads/<id>/           what has been received of an upload (s3-upload.ts)
 *   owner                   whose prefix this is: two collectors would each remove what the other one needs
 *
 * An upload does not know its digest before its end, and S3 renames nothing: a large blob is copied within the store to its
 * content address, a small one is kept in memory until then.
 */
import { S3Client } from '@aws-sdk/client-s3';
import type { Clock } from '#lib/clock.ts';
import { uuid } from '#lib/ids.ts';
import type { Logger } from '#lib/logger.ts';
import type { Random } from '#lib/random.ts';
import {
  algorithmOf,
  BlobError,
  type BlobSource,
  type BlobStat,
  type BlobStore,
  digestMismatch,
  digestOf,
  hexOf,
  type UploadStat,
  unknownUpload,
  wrongOffset,
} from '../blob-store.ts';
import { pathOfBlob } from '../fs/upload.ts';
import type { S3Storage } from '../storage.ts';
import { Bucket } from './bucket.ts';
import { credentialsFrom } from './credentials.ts';
import { takeOwnership } from './owner.ts';
import { presignGet } from './presign.ts';
import { S3Source } from './s3-source.ts';
import { S3Upload } from './s3-upload.ts';

/** Larger: more memory for every client that pushes; smaller: more requests. S3 takes no parts below 5 MiB. */
const defaultPartBytes = 8 * 2 ** 20;

export interface S3BlobStoreOptions {
  readonly storage: S3Storage;
  /** Where this Slipway says who it is. */
  readonly directory: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** For tests. */
  readonly partBytes?: number;
  readonly maxCopyBytes?: number;
  readonly copyPartBytes?: number;
}

/** Uploads that rest so long are put out of memory, with up to a part of theirs: the bucket has all of it. */
const idleMs = 5 * 60_000;

const keyOf = (digest: string): string => `blobs/${pathOfBlob(digest).join('/')}`;
const keyPattern = /^blobs\/(sha256|sha512)\/[0-9a-f]{2}\/([0-9a-f]+)$/;

type Chunks = { readonly offset: number | undefined; readonly chunks: AsyncIterable<Buffer> };

class S3BlobStore implements BlobStore {
  readonly #options: S3BlobStoreOptions;
  readonly #client: S3Client;
  readonly #bucket: Bucket;
  /** Undefined for those that an earlier process began and nobody has asked for yet. */
  readonly #uploads = new Map<string, S3Upload | undefined>();
  /** Of those that were put out of memory. */
  readonly #idle = new Map<string, UploadStat>();
  readonly #readers = new Map<string, number>();
  /** Deleted while somebody reads: for everybody else they are gone. */
  readonly #leaving = new Set<string>();
  readonly #making = new Map<string, Promise<void>>();

  constructor(options: S3BlobStoreOptions, client: S3Client, bucket: Bucket) {
    this.#options = options;
    this.#client = client;
    this.#bucket = bucket;
    if (options.storage.redirect === undefined) this.redirect = undefined;
  }

  async loadUploads(): Promise<void> {
    for await (const { key } of this.#bucket.list('uploads/')) this.#uploads.set(key.split('/')[1]!, undefined);
  }

  async stat(digest: string): Promise<BlobStat | undefined> {
    if (this.#leaving.has(digest)) return undefined;
    const found = await this.#bucket.stat(keyOf(digest));
    return found && { digest, sizeBytes: found.sizeBytes };
  }

  async open(digest: string): Promise<BlobSource | undefined> {
    const found = await this.stat(digest);
    if (!found || this.#leaving.has(digest)) return undefined;
    this.#readers.set(digest, (this.#readers.get(digest) ?? 0) + 1);
    return new S3Source({
      bucket: this.#bucket,
      key: keyOf(digest),
      sizeBytes: found.sizeBytes,
      clock: this.#options.clock,
      closed: () => this.#closed(digest),
    });
  }

  #closed(digest: string): void {
    const left = this.#readers.get(digest)! - 1;
    if (left > 0) return void this.#readers.set(digest, left);
    this.#readers.delete(digest);
    if (!this.#leaving.has(digest)) return;
    this.#bucket
      .remove(keyOf(digest))
      .catch((error: unknown) => this.#options.logger.warn('a deleted blob could not be removed', { digest, error }))
      .finally(() => this.#leaving.delete(digest));
  }

  async read(digest: string, limitBytes: number): Promise<Buffer | undefined> {
    if (this.#leaving.has(digest)) return undefined;
    const found = await this.#bucket.get(keyOf(digest));
    if (!found) return undefined;
    if (found.sizeBytes > limitBytes) {
      found.body.destroy();
      throw new BlobError('too large', `the blob has ${found.sizeBytes} bytes; ${limitBytes} are read at most`);
    }
    const pieces: Buffer[] = [];
    for await (const piece of found.body) pieces.push(piece as Buffer);
    return Buffer.concat(pieces);
  }

  async write(bytes: Buffer, digest: string): Promise<BlobStat> {
    const got = digestOf(bytes, algorithmOf(digest));
    if (got !== digest) throw digestMismatch(digest, got);
    return this.#store(bytes, digest);
  }

  /** Does `make` unless the blob is there; one at a time for a digest. */
  async #once(digest: string, make: () => Promise<BlobStat | undefined>): Promise<BlobStat | undefined> {
    while (this.#making.has(digest)) await this.#making.get(digest);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#making.set(digest, promise);
    try {
      const known = await this.stat(digest);
      if (known) return known;
      this.#leaving.delete(digest);
      return await make();
    } finally {
      this.#making.delete(digest);
      resolve();
    }
  }

  /** Bytes whose digest has been checked. */
  async #store(bytes: Buffer, digest: string): Promise<BlobStat> {
    const stored = await this.#once(digest, async () => {
      await this.#bucket.put(keyOf(digest), bytes, algorithmOf(digest) === 'sha256' ? hexOf(digest) : undefined);
      return { digest, sizeBytes: bytes.length };
    });
    return stored!;
  }

  get #partBytes(): number {
    return this.#options.partBytes ?? defaultPartBytes;
  }

  async startUpload(): Promise<string> {
    const { random, clock } = this.#options;
    const id = uuid(random);
    this.#uploads.set(id, new S3Upload({ id, bucket: this.#bucket, partBytes: this.#partBytes }, clock.now()));
    return id;
  }

  async #find(id: string): Promise<S3Upload | undefined> {
    const known = this.#uploads.get(id);
    if (known || !this.#uploads.has(id)) return known;
    this.#idle.delete(id);
    const loaded = await S3Upload.load({ id, bucket: this.#bucket, partBytes: this.#partBytes });
    const meanwhile = this.#uploads.get(id);
    if (meanwhile || !this.#uploads.has(id)) return meanwhile;
    if (loaded) this.#uploads.set(id, loaded);
    else this.#uploads.delete(id);
    return loaded;
  }

  async upload(id: string): Promise<UploadStat | undefined> {
    const upload = await this.#find(id);
    return upload && { id, sizeBytes: upload.sizeBytes, touchedAt: upload.touchedAt };
  }

  async #claim(id: string, offset: number | undefined): Promise<S3Upload> {
    const upload = await this.#find(id);
    if (!upload) throw unknownUpload(id);
    if (upload.busy || (offset !== undefined && offset !== upload.sizeBytes)) throw wrongOffset(upload.sizeBytes);
    upload.busy = true;
    return upload;
  }

  async #receive(upload: S3Upload, chunks: AsyncIterable<Buffer>): Promise<void> {
    try {
      for await (const chunk of chunks) await upload.add(chunk);
    } catch (error) {
      await upload.flush().catch(() => {});
      throw error;
    } finally {
      upload.touchedAt = this.#options.clock.now();
    }
  }

  /** An upload that S3 knows no more is none of ours either. */
  async #forgetting<T>(id: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof BlobError && error.reason === 'unknown upload') this.#uploads.delete(id);
      throw error;
    }
  }

  async append(id: string, offset: number | undefined, chunks: AsyncIterable<Buffer>): Promise<number> {
    const upload = await this.#claim(id, offset);
    return this.#forgetting(id, async () => {
      try {
        await this.#receive(upload, chunks);
        await upload.flush();
        return upload.sizeBytes;
      } finally {
        upload.busy = false;
      }
    });
  }

  async finish(id: string, digest: string, last?: Chunks): Promise<BlobStat> {
    const upload = await this.#claim(id, last?.offset);
    return this.#forgetting(id, async () => {
      try {
        upload.expect(algorithmOf(digest));
        if (last) await this.#receive(upload, last.chunks);
        return await this.#place(upload, digest);
      } finally {
        upload.busy = false;
      }
    });
  }

  async #place(upload: S3Upload, digest: string): Promise<BlobStat> {
    const { small } = upload;
    let got = upload.knownDigest(digest);
    if (got === undefined) {
      await upload.complete();
      got = await upload.readDigest(digest);
    }
    if (got !== digest) {
      this.#uploads.delete(upload.id);
      await upload.remove();
      throw digestMismatch(digest, got);
    }
    const done = small
      ? await this.#store(small, digest)
      : await this.#once(digest, async () => {
          await upload.complete();
          await upload.copyTo(keyOf(digest));
          return this.stat(digest);
        });
    if (done?.sizeBytes !== upload.sizeBytes) throw new Error(`${digest} has another size in the bucket than was sent`);
    this.#uploads.delete(upload.id);
    // The blob is there: what is left of the upload goes now, or when it expires.
    await upload.remove().catch((error: unknown) => {
      this.#uploads.set(upload.id, undefined);
      this.#options.logger.warn('parts of a finished upload are left', { id: upload.id, error });
    });
    return done;
  }

  async abort(id: string): Promise<boolean> {
    const upload = await this.#find(id);
    if (!upload || !this.#uploads.delete(id)) return false;
    await upload.remove();
    return true;
  }

  async uploads(): Promise<readonly UploadStat[]> {
    const all: UploadStat[] = [];
    for (const [id, loaded] of [...this.#uploads]) {
      const idle = loaded ? undefined : this.#idle.get(id);
      const upload = idle ? undefined : await this.#find(id);
      if (idle) all.push(idle);
      if (!upload || upload.busy) continue;
      const found = { id, sizeBytes: upload.sizeBytes, touchedAt: upload.touchedAt };
      all.push(found);
      if (found.sizeBytes === 0 || found.touchedAt + idleMs > this.#options.clock.now()) continue;
      this.#idle.set(id, found);
      this.#uploads.set(id, undefined);
    }
    return all;
  }

  async *list(): AsyncGenerator<BlobStat> {
    for await (const { key, sizeBytes } of this.#bucket.list('blobs/')) {
      const [, algorithm, hex] = keyPattern.exec(key) ?? [];
      const digest = `${algorithm}:${hex}`;
      if (hex !== undefined && !this.#leaving.has(digest)) yield { digest, sizeBytes };
    }
  }

  async delete(digest: string): Promise<void> {
    if (this.#readers.has(digest)) this.#leaving.add(digest);
    else await this.#bucket.remove(keyOf(digest));
  }

  redirect? = async (digest: string, lifetimeMs: number): Promise<string> => {
    const { storage, clock } = this.#options;
    return presignGet({
      url: objectUrl(storage, keyOf(digest)),
      region: storage.region,
      credentials: await this.#client.config.credentials(),
      lifetimeMs,
      nowMs: clock.now(),
    });
  };

  async close(): Promise<void> {
    this.#client.destroy();
  }
}

export const endpointOf = ({ endpoint, region }: Pick<S3Storage, 'endpoint' | 'region'>): string =>
  endpoint ?? `https://s3.${region}.amazonaws.com`;

const prefixOf = ({ prefix }: S3Storage): string => (prefix === '' ? '' : `${prefix}/`);

/** Where clients find the object. */
function objectUrl(storage: S3Storage, key: string): URL {
  const url = new URL(storage.redirect?.endpoint ?? endpointOf(storage));
  if (!storage.pathStyle) url.hostname = `${storage.bucket}.${url.hostname}`;
  const path = `${prefixOf(storage)}${key}`.split('/').map(encodeURIComponent);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/${[...(storage.pathStyle ? [storage.bucket] : []), ...path].join('/')}`;
  return url;
}

/** Rejects when the bucket cannot be written, or is another Slipway's. */
export async function openS3BlobStore(options: S3BlobStoreOptions): Promise<BlobStore> {
  const { storage, maxCopyBytes, copyPartBytes } = options;
  const credentials = credentialsFrom(process.env);
  const client = new S3Client({
    region: storage.region,
    // Said always: an AWS_ENDPOINT_URL that points to Slipway itself must not win.
    endpoint: endpointOf(storage),
    forcePathStyle: storage.pathStyle,
    ...(credentials && { credentials }),
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 4,
    requestHandler: {
      connectionTimeout: 10_000,
      requestTimeout: 120_000,
      httpAgent: { maxSockets: 128 },
      httpsAgent: { maxSockets: 128 },
    },
  });
  const bucket = new Bucket({
    client,
    bucket: storage.bucket,
    prefix: prefixOf(storage),
    ...(maxCopyBytes !== undefined && { maxCopyBytes }),
    ...(copyPartBytes !== undefined && { copyPartBytes }),
  });
  try {
    await takeOwnership(bucket, options);
    const store = new S3BlobStore(options, client, bucket);
    await store.loadUploads();
    return store;
  } catch (error) {
    client.destroy();
    throw error;
  }
}

/**
 * Blobs on a file system, under one directory that belongs to one process:
 *
 *   blobs/sha256/ab/<hex>   one file a blob; synced, then renamed into place, then the directory synced
 *   small/00000001.log      blobs up to 64 KiB (small-log.ts)
 *   uploads/<id>            what has been received of an upload
 *   uploads/write-<id>      what is being written in one go
 *
 * A file under `blobs` is whole, whatever happened. What is under `uploads` at a start goes on from its size; its last
 * time of change says when it expires.
 */
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
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
  digestAlgorithms,
  digestMismatch,
  digestOf,
  storageError,
  type UploadStat,
  unknownUpload,
  wrongOffset,
} from '../blob-store.ts';
import { FileSource, memorySource } from './file-source.ts';
import { OpenFiles } from './open-files.ts';
import { SmallLog } from './small-log.ts';
import { pathOfBlob, UploadFile } from './upload.ts';

/** Higher: more of the log is rewritten at a compaction; lower: more files, each with a sync of its own. */
const smallBytes = 64 * 1024;
/** Of files that nobody can go on with: a start removes what a crash has left of them. */
const writePrefix = 'write-';

export interface FsBlobStoreOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Throws an ENOSPC when that many bytes are too many (free-space.ts). */
  readonly reserve?: (bytes: number) => void;
  /** Of a file of small blobs; for tests. */
  readonly segmentBytes?: number;
}

const notFound = (error: unknown): undefined => {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
  throw error;
};

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

class FsBlobStore implements BlobStore {
  readonly #options: FsBlobStoreOptions;
  readonly #log: SmallLog;
  readonly #uploads: Map<string, UploadFile>;
  readonly #known = new Set<string>();
  readonly #files = new OpenFiles();

  constructor(options: FsBlobStoreOptions, log: SmallLog, uploads: Map<string, UploadFile>) {
    this.#options = options;
    this.#log = log;
    this.#uploads = uploads;
  }

  #pathOf(digest: string): readonly [string, string] {
    const [directory, name] = pathOfBlob(digest);
    const path = join(this.#options.directory, 'blobs', directory);
    return [path, join(path, name)];
  }

  async stat(digest: string): Promise<BlobStat | undefined> {
    const small = this.#log.stat(digest);
    if (small) return small;
    const found = await stat(this.#pathOf(digest)[1]).catch(notFound);
    return found && { digest, sizeBytes: found.size };
  }

  async open(digest: string): Promise<BlobSource | undefined> {
    const small = await this.#log.read(digest);
    if (small) return memorySource(small);
    const file = await this.#files.acquire(this.#pathOf(digest)[1]);
    return file && new FileSource(file, this.#files);
  }

  async read(digest: string, limitBytes: number): Promise<Buffer | undefined> {
    const known = this.#log.stat(digest);
    if (known && known.sizeBytes <= limitBytes) return this.#log.read(digest);
    const source = await this.open(digest);
    if (!source) return undefined;
    try {
      if (source.sizeBytes > limitBytes) {
        throw new BlobError('too large', `the blob has ${source.sizeBytes} bytes; ${limitBytes} are read at most`);
      }
      const pieces: Buffer[] = [];
      for await (const piece of source.stream(0, source.sizeBytes)) pieces.push(Buffer.from(piece));
      return Buffer.concat(pieces);
    } finally {
      await source.close();
    }
  }

  async write(bytes: Buffer, digest: string): Promise<BlobStat> {
    const got = digestOf(bytes, algorithmOf(digest));
    if (got !== digest) throw digestMismatch(digest, got);
    return this.#store(bytes, digest);
  }

  /** Bytes whose digest has been checked. */
  async #store(bytes: Buffer, digest: string): Promise<BlobStat> {
    if (bytes.length <= smallBytes) {
      await this.#log.write(digest, bytes);
      return { digest, sizeBytes: bytes.length };
    }
    const known = await this.stat(digest);
    if (known) return known;
    const upload = this.#newUpload(`${writePrefix}${uuid(this.#options.random)}`);
    try {
      await upload.add(bytes);
      return await this.#place(upload, digest);
    } catch (error) {
      await upload.remove();
      throw error;
    }
  }

  #newUpload(id: string): UploadFile {
    const { directory, clock, reserve } = this.#options;
    const path = join(directory, 'uploads', id);
    return new UploadFile({ path, smallBytes, ...(reserve && { reserve }) }, 0, clock.now());
  }

  async startUpload(): Promise<string> {
    const id = uuid(this.#options.random);
    this.#uploads.set(id, this.#newUpload(id));
    return id;
  }

  async upload(id: string): Promise<UploadStat | undefined> {
    const upload = this.#uploads.get(id);
    return upload && { id, sizeBytes: upload.sizeBytes, touchedAt: upload.touchedAt };
  }

  #claim(id: string, offset: number | undefined): UploadFile {
    const upload = this.#uploads.get(id);
    if (!upload) throw unknownUpload(id);
    if (upload.busy || (offset !== undefined && offset !== upload.sizeBytes)) throw wrongOffset(upload.sizeBytes);
    upload.busy = true;
    return upload;
  }

  async #receive(upload: UploadFile, chunks: AsyncIterable<Buffer>): Promise<void> {
    try {
      for await (const chunk of chunks) await upload.add(chunk);
    } catch (error) {
      await upload.flush().catch(() => {});
      throw error;
    } finally {
      upload.touchedAt = this.#options.clock.now();
    }
  }

  async append(id: string, offset: number | undefined, chunks: AsyncIterable<Buffer>): Promise<number> {
    const upload = this.#claim(id, offset);
    try {
      await this.#receive(upload, chunks);
      await upload.flush();
      return upload.sizeBytes;
    } finally {
      upload.busy = false;
    }
  }

  async finish(
    id: string,
    digest: string,
    last?: { readonly offset: number | undefined; readonly chunks: AsyncIterable<Buffer> },
  ): Promise<BlobStat> {
    const upload = this.#claim(id, last?.offset);
    try {
      upload.expect(algorithmOf(digest));
      if (last) await this.#receive(upload, last.chunks);
      const small = upload.small;
      if (!small) await upload.flush();
      const got = await upload.digest(digest);
      if (got !== digest) {
        this.#uploads.delete(id);
        await upload.remove();
        throw digestMismatch(digest, got);
      }
      const done = small ? await this.#store(small, digest) : await this.#place(upload, digest);
      this.#uploads.delete(id);
      if (small) await upload.close();
      return done;
    } finally {
      upload.busy = false;
    }
  }

  /** The upload's file becomes the blob, unless there is one. */
  async #place(upload: UploadFile, digest: string): Promise<BlobStat> {
    await upload.flush();
    const { sizeBytes } = upload;
    if (sizeBytes <= smallBytes) {
      const source = await open(upload.path, 'r');
      const bytes = await source.readFile().finally(() => source.close());
      await this.#log.write(digest, bytes);
      await upload.remove();
      return { digest, sizeBytes };
    }
    const known = await this.stat(digest);
    if (known) {
      await upload.remove();
      return known;
    }
    try {
      await upload.sync();
      await upload.close();
      const [directory, path] = this.#pathOf(digest);
      await this.#makeDirectory(directory);
      await rename(upload.path, path);
      await syncDirectory(directory);
    } catch (error) {
      throw storageError(error);
    }
    return { digest, sizeBytes };
  }

  async #makeDirectory(path: string): Promise<void> {
    if (this.#known.has(path)) return;
    if (await mkdir(path, { recursive: true, mode: 0o700 })) await syncDirectory(join(path, '..'));
    this.#known.add(path);
  }

  async abort(id: string): Promise<boolean> {
    const upload = this.#uploads.get(id);
    if (!upload) return false;
    this.#uploads.delete(id);
    await upload.remove();
    return true;
  }

  async uploads(): Promise<readonly UploadStat[]> {
    return [...this.#uploads]
      .filter(([, upload]) => !upload.busy)
      .map(([id, { sizeBytes, touchedAt }]) => ({ id, sizeBytes, touchedAt }));
  }

  async *list(): AsyncGenerator<BlobStat> {
    for (const digest of [...this.#log.digests()]) {
      const found = this.#log.stat(digest);
      if (found) yield found;
    }
    for (const algorithm of digestAlgorithms) {
      const root = join(this.#options.directory, 'blobs', algorithm);
      for (const directory of (await readdir(root).catch(notFound)) ?? []) {
        for (const name of (await readdir(join(root, directory)).catch(notFound)) ?? []) {
          const found = await stat(join(root, directory, name)).catch(notFound);
          if (found) yield { digest: `${algorithm}:${name}`, sizeBytes: found.size };
        }
      }
    }
  }

  async delete(digest: string): Promise<void> {
    await this.#log.delete(digest);
    const [directory, path] = this.#pathOf(digest);
    if ((await stat(path).catch(notFound)) === undefined) return;
    await rm(path, { force: true });
    await this.#files.forget(path);
    await syncDirectory(directory);
  }

  compact(): Promise<number> {
    return this.#log.compact();
  }

  async close(): Promise<void> {
    for (const upload of this.#uploads.values()) await upload.close();
    await this.#files.close();
    await this.#log.close();
  }
}

async function loadUploads(options: FsBlobStoreOptions): Promise<Map<string, UploadFile>> {
  const { directory, reserve } = options;
  const uploads = new Map<string, UploadFile>();
  for (const id of await readdir(join(directory, 'uploads'))) {
    const path = join(directory, 'uploads', id);
    if (id.startsWith(writePrefix)) {
      await rm(path, { force: true });
      continue;
    }
    const { size, mtimeMs } = await stat(path);
    uploads.set(id, new UploadFile({ path, smallBytes, ...(reserve && { reserve }) }, size, Math.floor(mtimeMs)));
  }
  return uploads;
}

/** Rejects when the directory cannot be written. */
export async function openFsBlobStore(options: FsBlobStoreOptions): Promise<BlobStore> {
  const { directory, logger } = options;
  for (const name of ['blobs', 'small', 'uploads']) {
    await mkdir(join(directory, name), { recursive: true, mode: 0o700 });
  }
  const onDamage = (message: string) => logger.error('a file of small blobs is damaged', { message });
  const log = await SmallLog.open({
    directory: join(directory, 'small'),
    onDamage,
    ...(options.reserve && { reserve: options.reserve }),
    ...(options.segmentBytes !== undefined && { segmentBytes: options.segmentBytes }),
  });
  return new FsBlobStore(options, log, await loadUploads(options));
}

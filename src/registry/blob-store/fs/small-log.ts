/**
 * Small blobs (configs, manifests, small layers) in append-only segment files. Whoever writes at the same time shares one
 * write and one sync (group commit); an index in memory says where each one is.
 *
 * A record is a header of 16 bytes, the digest, the bytes:
 *   magic u32 · crc32 of all that follows u32 · kind u8 (1 blob, 2 deletion) · algorithm u8 (0 sha256, 1 sha512) · zero u16 ·
 *   size u32 · digest 32 or 64 bytes · bytes
 *
 * A torn record can only be at the end of the newest segment, because every write is synced before the next begins; it is cut
 * off when the log is opened. A bad record elsewhere is damage: its segment is read up to there, and the rest is reported.
 *
 * Compaction takes the oldest segment: what lives of it is appended anew, then its file is removed. In between both copies are
 * there, and the later one counts. Only the oldest one, because then no deletion has to be kept: what it deleted was before it.
 */
import { type FileHandle, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { algorithmOf, type BlobStat, hexOf, storageError } from '../blob-store.ts';

const magic = 0x534c4231;
const headerBytes = 16;
/** Larger: compaction copies more at a time; smaller: more files. */
const segmentBytes = 64 * 2 ** 20;
/** What one write may hold. */
const batchBytes = 4 * 2 ** 20;

interface Place {
  readonly segment: Segment;
  readonly position: number;
  readonly sizeBytes: number;
}

interface Segment {
  readonly number: number;
  readonly file: FileHandle;
  sizeBytes: number;
  /** Of records that the index names. */
  liveBytes: number;
  damaged: boolean;
  readers: number;
  retired: boolean;
}

interface Waiting {
  readonly digest: string;
  readonly bytes: Buffer | undefined;
  /** Moves the record that is here, if it still is. */
  readonly from?: Place;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

function encode(digest: string, bytes: Buffer | undefined): Buffer[] {
  const hash = Buffer.from(hexOf(digest), 'hex');
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32LE(magic, 0);
  header.writeUInt8(bytes ? 1 : 2, 8);
  header.writeUInt8(algorithmOf(digest) === 'sha512' ? 1 : 0, 9);
  header.writeUInt32LE(bytes?.length ?? 0, 12);
  let crc = crc32(hash, crc32(header.subarray(8)));
  if (bytes) crc = crc32(bytes, crc);
  header.writeUInt32LE(crc >>> 0, 4);
  return bytes ? [header, hash, bytes] : [header, hash];
}

export interface SmallLogOptions {
  readonly directory: string;
  /** Bytes that may still be written; for tests of a full disk. */
  readonly reserve?: (bytes: number) => void;
  readonly onDamage?: (message: string) => void;
  readonly segmentBytes?: number;
}

const nameOf = (number: number) => `${String(number).padStart(8, '0')}.log`;

export class SmallLog {
  readonly #options: SmallLogOptions & { readonly segmentBytes: number };
  readonly #segments: Segment[] = [];
  readonly #index = new Map<string, Place>();
  #queue: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #compacting: Promise<number> | undefined;
  /** Whose deletion waits to be written. */
  readonly #leaving = new Set<string>();
  #closed = false;

  private constructor(options: SmallLogOptions) {
    this.#options = { segmentBytes, ...options };
  }

  static async open(options: SmallLogOptions): Promise<SmallLog> {
    const log = new SmallLog(options);
    const names = (await readdir(options.directory)).filter((name) => /^\d{8}\.log$/.test(name)).sort();
    for (const [at, name] of names.entries()) await log.#load(name, at === names.length - 1);
    if (log.#segments.length === 0) await log.#addSegment(1);
    return log;
  }

  async #addSegment(number: number): Promise<Segment> {
    const file = await open(join(this.#options.directory, nameOf(number)), 'wx+', 0o600);
    await this.#syncDirectory();
    return this.#openSegment(number, file);
  }

  #openSegment(number: number, file: FileHandle): Segment {
    const segment = { number, file, sizeBytes: 0, liveBytes: 0, damaged: false, readers: 0, retired: false };
    this.#segments.push(segment);
    return segment;
  }

  async #syncDirectory(): Promise<void> {
    const directory = await open(this.#options.directory, 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }

  /** The one way in which the index changes: the segments know how much of them lives. */
  #setPlace(digest: string, place: Place | undefined): void {
    const before = this.#index.get(digest);
    const aroundBytes = headerBytes + hexOf(digest).length / 2;
    if (before) before.segment.liveBytes -= aroundBytes + before.sizeBytes;
    if (place) {
      this.#index.set(digest, place);
      place.segment.liveBytes += aroundBytes + place.sizeBytes;
    } else this.#index.delete(digest);
  }

  async #load(name: string, isNewest: boolean): Promise<void> {
    const path = join(this.#options.directory, name);
    const all = await readFile(path);
    const segment = this.#openSegment(Number(name.slice(0, 8)), await open(path, 'r+'));
    let at = 0;
    while (at + headerBytes <= all.length) {
      const hashBytes = all.readUInt8(at + 9) === 1 ? 64 : 32;
      const sizeBytes = all.readUInt32LE(at + 12);
      const end = at + headerBytes + hashBytes + sizeBytes;
      if (all.readUInt32LE(at) !== magic || end > all.length) break;
      if (crc32(all.subarray(at + 8, end)) >>> 0 !== all.readUInt32LE(at + 4)) break;
      const hashAt = at + headerBytes;
      const algorithm = hashBytes === 64 ? 'sha512' : 'sha256';
      const digest = `${algorithm}:${all.toString('hex', hashAt, hashAt + hashBytes)}`;
      const isBlob = all.readUInt8(at + 8) === 1;
      this.#setPlace(digest, isBlob ? { segment, position: hashAt + hashBytes, sizeBytes } : undefined);
      at = end;
    }
    segment.sizeBytes = at;
    if (at === all.length) return;
    if (isNewest) return segment.file.truncate(at);
    segment.damaged = true;
    this.#options.onDamage?.(`${path} is damaged at byte ${at}; ${all.length - at} bytes cannot be read`);
  }

  stat(digest: string): BlobStat | undefined {
    const place = this.#index.get(digest);
    return place && { digest, sizeBytes: place.sizeBytes };
  }

  get size(): number {
    return this.#index.size;
  }

  digests(): Iterable<string> {
    return this.#index.keys();
  }

  async read(digest: string): Promise<Buffer | undefined> {
    const place = this.#index.get(digest);
    if (!place) return undefined;
    const bytes = Buffer.allocUnsafeSlow(place.sizeBytes);
    if (place.sizeBytes === 0) return bytes;
    const { segment } = place;
    segment.readers += 1;
    try {
      const { bytesRead } = await segment.file.read(bytes, 0, place.sizeBytes, place.position);
      if (bytesRead !== place.sizeBytes) throw new Error(`blob ${digest} is cut short in ${nameOf(segment.number)}`);
      return bytes;
    } finally {
      segment.readers -= 1;
      if (segment.retired && segment.readers === 0) await segment.file.close();
    }
  }

  /** Durable when it resolves. */
  async write(digest: string, bytes: Buffer): Promise<void> {
    if (this.#index.has(digest) && !this.#leaving.has(digest)) return;
    await this.#append(digest, bytes);
  }

  async delete(digest: string): Promise<void> {
    if (!this.#index.has(digest)) return;
    this.#leaving.add(digest);
    await this.#append(digest, undefined).finally(() => this.#leaving.delete(digest));
  }

  #append(digest: string, bytes: Buffer | undefined, from?: Place): Promise<void> {
    if (this.#closed) return Promise.reject(new Error('the blob store is closed'));
    return new Promise((resolve, reject) => {
      this.#queue.push({ digest, bytes, ...(from && { from }), resolve, reject });
      this.#writing ??= this.#writeAll().finally(() => {
        this.#writing = undefined;
      });
    });
  }

  async #writeAll(): Promise<void> {
    await undefined;
    while (this.#queue.length > 0) {
      let count = 0;
      let size = 0;
      while (count < this.#queue.length && size < batchBytes) size += (this.#queue[count++]!.bytes?.length ?? 0) + 80;
      const batch = this.#queue.splice(0, count);
      try {
        await this.#writeBatch(batch);
        for (const one of batch) one.resolve();
      } catch (error) {
        for (const one of batch) one.reject(storageError(error));
      }
    }
  }

  async #writeBatch(batch: readonly Waiting[]): Promise<void> {
    let segment = this.#segments.at(-1)!;
    if (segment.sizeBytes >= this.#options.segmentBytes) segment = await this.#addSegment(segment.number + 1);
    const parts: Buffer[] = [];
    const places = new Map<string, Place | undefined>();
    let end = segment.sizeBytes;
    let newBytes = 0;
    for (const { digest, bytes, from } of batch) {
      const before = places.has(digest) ? places.get(digest) : this.#index.get(digest);
      if (from && before !== from) continue;
      if (bytes && !from) newBytes += bytes.length;
      const record = encode(digest, bytes);
      for (const part of record) end += part.length;
      parts.push(...record);
      places.set(digest, bytes && { segment, position: end - bytes.length, sizeBytes: bytes.length });
    }
    if (parts.length === 0) return;
    const whole = Buffer.concat(parts);
    try {
      // What makes room is not held up where room is short.
      if (newBytes > 0) this.#options.reserve?.(whole.length);
      let written = 0;
      while (written < whole.length) {
        const position = segment.sizeBytes + written;
        written += (await segment.file.write(whole, written, whole.length - written, position)).bytesWritten;
      }
      await segment.file.datasync();
    } catch (error) {
      await segment.file.truncate(segment.sizeBytes).catch(() => {});
      throw error;
    }
    segment.sizeBytes = end;
    for (const [digest, place] of places) this.#setPlace(digest, place);
  }

  /** Removes segments while more than half of the log is of no use; answers the bytes that this gave back. */
  compact(): Promise<number> {
    this.#compacting ??= this.#compact().finally(() => {
      this.#compacting = undefined;
    });
    return this.#compacting;
  }

  #size(): { readonly all: number; readonly live: number } {
    let all = 0;
    let live = 0;
    for (const { sizeBytes, liveBytes } of this.#segments) {
      all += sizeBytes;
      live += liveBytes;
    }
    return { all, live };
  }

  async #compact(): Promise<number> {
    const before = this.#size().all;
    for (let left = this.#segments.length - 1; left > 0 && !this.#closed; left -= 1) {
      const { all, live } = this.#size();
      const oldest = this.#segments[0]!;
      // Damage is for fsck to look at: what it hides may be deleted by what comes after it.
      if (oldest.damaged || all - live < live + this.#options.segmentBytes / 2) break;
      await this.#move(oldest);
      if (this.#closed) break;
      this.#segments.shift();
      await rm(join(this.#options.directory, nameOf(oldest.number)));
      await this.#syncDirectory();
      oldest.retired = true;
      if (oldest.readers === 0) await oldest.file.close();
    }
    return Math.max(0, before - this.#size().all);
  }

  /** Appends what lives of the segment; it may be removed when this resolves. */
  async #move(segment: Segment): Promise<void> {
    const header = Buffer.alloc(headerBytes + 64);
    let moves: Promise<void>[] = [];
    let waitingBytes = 0;
    for (let at = 0; at < segment.sizeBytes; ) {
      const { bytesRead } = await segment.file.read(header, 0, header.length, at);
      const hashBytes = header.readUInt8(9) === 1 ? 64 : 32;
      if (bytesRead < headerBytes + hashBytes) throw new Error(`${nameOf(segment.number)} is cut short`);
      const sizeBytes = header.readUInt32LE(12);
      const algorithm = hashBytes === 64 ? 'sha512' : 'sha256';
      const digest = `${algorithm}:${header.toString('hex', headerBytes, headerBytes + hashBytes)}`;
      const position = at + headerBytes + hashBytes;
      const place = this.#index.get(digest);
      if (place?.segment === segment && place.position === position && header.readUInt8(8) === 1) {
        moves.push(this.#append(digest, (await this.read(digest))!, place));
        waitingBytes += sizeBytes;
      }
      if (waitingBytes >= batchBytes) {
        await Promise.all(moves);
        moves = [];
        waitingBytes = 0;
      }
      at = position + sizeBytes;
    }
    await Promise.all(moves);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing;
    await this.#compacting?.catch(() => {});
    for (const { file } of this.#segments) await file.close();
  }
}

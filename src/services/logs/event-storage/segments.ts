/**
 * Segments: the files in which a stream's events end, `<directory>/<number>`, frames of blocks. A segment is written at
 * checkpoints only, at the offset that the manifest knows, so what a crash left behind is written over. It is sealed
 * when it has SEGMENT_BYTES or its events span SEGMENT_MS, so that retention can delete whole files.
 *
 * Where the blocks of a segment are is found by walking its headers at the first read, and kept for the segments that
 * were read last.
 */
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  BLOCK_HEADER_BYTES,
  type Block,
  type BlockHeader,
  blockOf,
  joinBlocks,
  readBlockHeader,
} from './event-block.ts';
import { FRAME_HEADER_BYTES, frame, readFrame } from './frame.ts';
import { syncDirectory } from './sync-directory.ts';

/** Higher: retention deletes later; lower: more files. */
const SEGMENT_BYTES = 16 * 1024 * 1024;
const SEGMENT_MS = 24 * 3_600_000;
const BLOCK_TARGET_BYTES = 32 * 1024;
/** Indexes kept in memory; each is some kilobytes. */
const CACHED_INDEXES = 512;
const SCAN_BYTES = 256 * 1024;

export interface Segment {
  readonly number: number;
  /** Bytes that count; the file may be longer after a crash. */
  size: number;
  count: number;
  storedBytes: number;
  minTimestamp: number;
  maxTimestamp: number;
}

export interface BlockPlace extends BlockHeader {
  readonly offset: number;
  readonly payloadBytes: number;
}

function isFull(segment: Segment, next: BlockHeader): boolean {
  if (segment.size === 0) return false;
  if (segment.size >= SEGMENT_BYTES) return true;
  const from = Math.min(segment.minTimestamp, next.minTimestamp);
  return Math.max(segment.maxTimestamp, next.maxTimestamp) - from > SEGMENT_MS;
}

export class Segments {
  readonly #indexes = new Map<string, { readonly size: number; readonly places: readonly BlockPlace[] }>();

  /**
   * Appends blocks to the last segment or to new ones, numbered from `nextNumber` (numbers are never used twice), synced;
   * answers the segments as they then are.
   */
  async append(
    directory: string,
    segments: readonly Segment[],
    nextNumber: number,
    blocks: readonly Block[],
  ): Promise<Segment[]> {
    const out = segments.map((segment) => ({ ...segment }));
    const joined = joinBlocks(blocks, BLOCK_TARGET_BYTES);
    let made = false;
    for (let at = 0; at < joined.length; ) {
      let target = out.at(-1);
      if (!target || isFull(target, joined[at]!)) {
        target = {
          number: nextNumber++,
          size: 0,
          count: 0,
          storedBytes: 0,
          minTimestamp: Number.POSITIVE_INFINITY,
          maxTimestamp: Number.NEGATIVE_INFINITY,
        };
        await mkdir(directory, { recursive: true });
        out.push(target);
        made = true;
      }
      const path = join(directory, String(target.number));
      const frames: Buffer[] = [];
      const offset = target.size;
      for (; at < joined.length && !isFull(target, joined[at]!); at++) {
        const block = joined[at]!;
        const bytes = frame(block.bytes);
        frames.push(bytes);
        target.size += bytes.length;
        target.count += block.count;
        target.storedBytes += block.storedBytes;
        target.minTimestamp = Math.min(target.minTimestamp, block.minTimestamp);
        target.maxTimestamp = Math.max(target.maxTimestamp, block.maxTimestamp);
      }
      await writeAt(path, Buffer.concat(frames), offset);
    }
    if (made) {
      await syncDirectory(directory);
      await syncDirectory(join(directory, '..'));
    }
    return out;
  }

  /** Where the blocks of a segment are, in order; none when its file is gone. */
  async index(directory: string, segment: Segment): Promise<readonly BlockPlace[]> {
    const path = join(directory, String(segment.number));
    const known = this.#indexes.get(path);
    this.#indexes.delete(path);
    if (known && known.size >= segment.size) {
      this.#indexes.set(path, known);
      return known.places;
    }
    const places = await scan(path, segment.size);
    this.#indexes.set(path, { size: segment.size, places });
    if (this.#indexes.size > CACHED_INDEXES) this.#indexes.delete(this.#indexes.keys().next().value!);
    return places;
  }

  /** Undefined when the file is gone: retention or a deletion was faster than the reader. */
  async readBlock(directory: string, segment: Segment, place: BlockPlace): Promise<Block | undefined> {
    const path = join(directory, String(segment.number));
    const bytes = await withFile(path, (file) => readAt(file, place.offset, FRAME_HEADER_BYTES + place.payloadBytes));
    if (!bytes) return undefined;
    const payload = readFrame(bytes);
    if (!payload) throw new Error(`log events are damaged at ${path}:${place.offset}`);
    return blockOf(payload);
  }

  async remove(directory: string, segment: Segment): Promise<void> {
    const path = join(directory, String(segment.number));
    this.#indexes.delete(path);
    await rm(path, { force: true });
  }

  /** Forgets the indexes of a deleted directory. */
  forget(directory: string): void {
    for (const path of this.#indexes.keys()) if (path.startsWith(`${directory}/`)) this.#indexes.delete(path);
  }
}

async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

async function readAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}

async function writeAt(path: string, bytes: Buffer, offset: number): Promise<void> {
  const file = await open(path, offset === 0 ? 'w' : 'r+');
  try {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await file.write(bytes, done, bytes.length - done, offset + done);
      done += bytesWritten;
    }
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** Walks the headers of a segment's frames, reading SCAN_BYTES at a time. */
async function scan(path: string, size: number): Promise<BlockPlace[]> {
  const places: BlockPlace[] = [];
  await withFile(path, async (file) => {
    const need = FRAME_HEADER_BYTES + BLOCK_HEADER_BYTES;
    let chunk: Buffer = Buffer.alloc(0);
    let chunkAt = 0;
    for (let offset = 0; offset + need <= size; ) {
      if (offset < chunkAt || offset + need > chunkAt + chunk.length) {
        chunk = await readAt(file, offset, Math.min(SCAN_BYTES, size - offset));
        chunkAt = offset;
        if (chunk.length < need) throw new Error(`a log segment is shorter than its manifest says: ${path}`);
      }
      const payloadBytes = chunk.readUInt32LE(offset - chunkAt);
      if (payloadBytes < BLOCK_HEADER_BYTES) throw new Error(`log events are damaged at ${path}:${offset}`);
      places.push({
        offset,
        payloadBytes,
        ...readBlockHeader(chunk, offset - chunkAt + FRAME_HEADER_BYTES),
      });
      offset += FRAME_HEADER_BYTES + payloadBytes;
    }
  });
  return places;
}

/** A blob that is open for reading: from a file, in pieces of 1 MiB read ahead into two buffers, or from memory. */
import type { BlobSource } from '../blob-store.ts';
import type { OpenFile, OpenFiles } from './open-files.ts';

/** Reads of 64 KiB halve a pull; larger ones gain nothing and cost memory for every client. */
const pieceBytes = 2 ** 20;
/** Buffers that are kept for the next pull; allocating a mebibyte anew each time costs as much as filling it. */
const maxSpare = 8;
const spare: Buffer[] = [];

const takeBuffer = (): Buffer => spare.pop() ?? Buffer.allocUnsafeSlow(pieceBytes);
const giveBack = (buffer: Buffer) => {
  if (spare.length < maxSpare) spare.push(buffer);
};

export class FileSource implements BlobSource {
  readonly sizeBytes: number;
  readonly #file: OpenFile;
  readonly #files: OpenFiles;
  #closed = false;

  /** `files` gets the file back. */
  constructor(file: OpenFile, files: OpenFiles) {
    this.#file = file;
    this.#files = files;
    this.sizeBytes = file.sizeBytes;
  }

  async *stream(start: number, end: number): AsyncGenerator<Buffer> {
    const size = Math.min(pieceBytes, end - start);
    if (size < pieceBytes) {
      yield await this.#fill(Buffer.allocUnsafe(size), start, size);
      return;
    }
    const buffers = [takeBuffer(), takeBuffer()];
    let turn = 0;
    const readAt = (position: number) => {
      const piece = this.#fill(buffers[turn++ % 2]!, position, Math.min(pieceBytes, end - position));
      piece.catch(() => {});
      return piece;
    };
    let ahead = readAt(start);
    try {
      for (let position = start; position < end; ) {
        const piece = await ahead;
        position += piece.length;
        if (position < end) ahead = readAt(position);
        yield piece;
      }
    } finally {
      await ahead.catch(() => {});
      for (const buffer of buffers) giveBack(buffer);
    }
  }

  async #fill(buffer: Buffer, position: number, size: number): Promise<Buffer> {
    let filled = 0;
    while (filled < size) {
      const { bytesRead } = await this.#file.handle.read(buffer, filled, size - filled, position + filled);
      if (bytesRead === 0) throw new Error('the blob is shorter than it was');
      filled += bytesRead;
    }
    return size === buffer.length ? buffer : buffer.subarray(0, size);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#files.release(this.#file);
  }
}

export const memorySource = (bytes: Buffer): BlobSource => ({
  sizeBytes: bytes.length,
  async *stream(start, end) {
    if (end > start) yield bytes.subarray(start, end);
  },
  close: async () => {},
});

/** A blob that is open for reading: from a file, in pieces of 1 MiB read ahead, or from memory. */
import type { BlobSource } from '../blob-store.ts';
import type { OpenFile, OpenFiles } from './open-files.ts';
import { giveBack, type Piece, pieceBytes, takePiece } from './shared-pieces.ts';

/** For ranges and short blobs: as many as there are likely to be clients, 4 MiB in all. */
const smallBytes = 2 ** 16;
const maxSpareSmall = 64;
const spareSmall: Buffer[] = [];

/** Names pieces that are not shared. */
let nextOwn = 0;

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
    if (size <= smallBytes) {
      const buffer = spareSmall.pop() ?? Buffer.allocUnsafeSlow(smallBytes);
      yield await this.#fill(buffer, start, size);
      // Not after an error or an early end: the buffer may be on its way out still.
      if (spareSmall.length < maxSpareSmall) spareSmall.push(buffer);
      return;
    }
    if (size < pieceBytes) {
      yield await this.#fill(Buffer.allocUnsafe(size), start, size);
      return;
    }
    const readAt = (position: number): Piece => {
      const length = Math.min(pieceBytes, end - position);
      const aligned = position % pieceBytes === 0 && length === pieceBytes;
      // What begins or ends elsewhere is nobody else's.
      return takePiece(this.#file, aligned ? position : -1 - nextOwn++, (buffer) =>
        this.#fill(buffer, position, length),
      );
    };
    let current: Piece | undefined;
    let ahead: Piece | undefined = readAt(start);
    try {
      for (let position = start; position < end; ) {
        if (current) giveBack(current);
        current = ahead!;
        ahead = undefined;
        const bytes = await current.filled;
        position += bytes.length;
        if (position < end) ahead = readAt(position);
        yield bytes;
      }
    } finally {
      await ahead?.filled.catch(() => {});
      if (ahead) giveBack(ahead);
      if (current) giveBack(current);
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

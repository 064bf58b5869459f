/**
 * Pieces of a mebibyte of files that are being read: clients that pull one layer at the same time get the same bytes, read
 * once. What a digest names never changes, so a piece is good as long as it is kept.
 */
import type { OpenFile } from './open-files.ts';

/** Reads of 64 KiB halve a pull; larger ones gain nothing and cost memory for every client. */
export const pieceBytes = 2 ** 20;
/** Pieces that nobody reads: for clients that are a little behind, and the buffers of the next reads. In MiB of memory. */
const maxIdle = 12;

export interface Piece {
  readonly file: OpenFile;
  readonly position: number;
  readonly buffer: Buffer;
  filled: Promise<Buffer>;
  readers: number;
}

const byFile = new Map<OpenFile, Map<number, Piece>>();
/** Least recently read first. */
const idle = new Set<Piece>();

function forget(piece: Piece): void {
  const pieces = byFile.get(piece.file);
  if (pieces?.get(piece.position) !== piece) return;
  pieces.delete(piece.position);
  if (pieces.size === 0) byFile.delete(piece.file);
}

function takeBuffer(): Buffer {
  if (idle.size >= maxIdle) {
    for (const oldest of idle) {
      idle.delete(oldest);
      forget(oldest);
      return oldest.buffer;
    }
  }
  return Buffer.allocUnsafeSlow(pieceBytes);
}

/** To be given back once. `fill` reads it when nobody has; a piece that could not be read is not shared further. */
export function takePiece(file: OpenFile, position: number, fill: (buffer: Buffer) => Promise<Buffer>): Piece {
  const known = byFile.get(file)?.get(position);
  if (known) {
    known.readers += 1;
    idle.delete(known);
    return known;
  }
  const buffer = takeBuffer();
  const piece: Piece = { file, position, buffer, filled: fill(buffer), readers: 1 };
  piece.filled.catch(() => forget(piece));
  const pieces = byFile.get(file) ?? new Map<number, Piece>();
  byFile.set(file, pieces);
  pieces.set(position, piece);
  return piece;
}

export function giveBack(piece: Piece): void {
  piece.readers -= 1;
  if (piece.readers > 0 || byFile.get(piece.file)?.get(piece.position) !== piece) return;
  idle.add(piece);
  if (idle.size <= maxIdle) return;
  for (const oldest of idle) {
    idle.delete(oldest);
    forget(oldest);
    return;
  }
}

/**
 * Frames make a torn or damaged tail recognisable: length (u32), CRC-32 of the payload (u32), payload. A length of 0 is
 * never written, so a run of zero bytes that a crash left behind does not read as frames.
 */
import { crc32 } from 'node:zlib';

export const FRAME_HEADER_BYTES = 8;
/** More than any frame that is written; a greater length is damage. */
const MAX_PAYLOAD_BYTES = 64 * 1024 * 1024;

export function frame(...payload: readonly Buffer[]): Buffer {
  const length = payload.reduce((sum, part) => sum + part.length, 0);
  const out = Buffer.allocUnsafe(FRAME_HEADER_BYTES + length);
  let at = FRAME_HEADER_BYTES;
  for (const part of payload) at += part.copy(out, at);
  out.writeUInt32LE(length, 0);
  out.writeUInt32LE(crc32(out.subarray(FRAME_HEADER_BYTES)), 4);
  return out;
}

/** The payload of the frame at `offset`, or undefined when it is not whole and undamaged. */
export function readFrame(bytes: Buffer, offset = 0): Buffer | undefined {
  if (offset + FRAME_HEADER_BYTES > bytes.length) return undefined;
  const length = bytes.readUInt32LE(offset);
  const end = offset + FRAME_HEADER_BYTES + length;
  if (length === 0 || length > MAX_PAYLOAD_BYTES || end > bytes.length) return undefined;
  const payload = bytes.subarray(offset + FRAME_HEADER_BYTES, end);
  return crc32(payload) === bytes.readUInt32LE(offset + 4) ? payload : undefined;
}

/** Every whole frame from the start; ends at the first that is torn or damaged. */
export function* readFrames(bytes: Buffer): Generator<{ readonly payload: Buffer; readonly offset: number }> {
  let offset = 0;
  for (let payload = readFrame(bytes); payload; payload = readFrame(bytes, offset)) {
    yield { payload, offset };
    offset += FRAME_HEADER_BYTES + payload.length;
  }
}

/**
 * A block is a run of one stream's events as bytes: 40 bytes of header, then the events back to back. The same bytes go
 * to the write-ahead log, stay in memory until the next checkpoint and end in a segment, so nothing is encoded twice.
 *
 * Header: first sequence (f64), event count (u32), bytes as AWS counts them (u32 low, u32 high), reserved (u32),
 * least timestamp (f64), greatest timestamp (f64). Event: timestamp (f64), ingestion time (f64), length (u32), UTF-8.
 */
import { EVENT_OVERHEAD_BYTES, type NewEvent, type StoredEvent } from './event-storage.ts';

export const BLOCK_HEADER_BYTES = 40;
const EVENT_HEADER_BYTES = 20;

export interface BlockHeader {
  readonly firstSequence: number;
  readonly count: number;
  readonly storedBytes: number;
  readonly minTimestamp: number;
  readonly maxTimestamp: number;
}

export interface Block extends BlockHeader {
  readonly bytes: Buffer;
}

function writeHeader(bytes: Buffer, header: BlockHeader): void {
  bytes.writeDoubleLE(header.firstSequence, 0);
  bytes.writeUInt32LE(header.count, 8);
  bytes.writeUInt32LE(header.storedBytes % 2 ** 32, 12);
  bytes.writeUInt32LE(Math.floor(header.storedBytes / 2 ** 32), 16);
  bytes.writeUInt32LE(0, 20);
  bytes.writeDoubleLE(header.minTimestamp, 24);
  bytes.writeDoubleLE(header.maxTimestamp, 32);
}

export function readBlockHeader(bytes: Buffer, offset = 0): BlockHeader {
  return {
    firstSequence: bytes.readDoubleLE(offset),
    count: bytes.readUInt32LE(offset + 8),
    storedBytes: bytes.readUInt32LE(offset + 12) + bytes.readUInt32LE(offset + 16) * 2 ** 32,
    minTimestamp: bytes.readDoubleLE(offset + 24),
    maxTimestamp: bytes.readDoubleLE(offset + 32),
  };
}

export const blockOf = (bytes: Buffer): Block => ({ ...readBlockHeader(bytes), bytes });

/** At least one event. */
export function encodeBlock(events: readonly NewEvent[], firstSequence: number, ingestionTime: number): Block {
  const lengths = events.map((event) => Buffer.byteLength(event.message));
  const messageBytes = lengths.reduce((sum, length) => sum + length, 0);
  const bytes = Buffer.allocUnsafe(BLOCK_HEADER_BYTES + events.length * EVENT_HEADER_BYTES + messageBytes);
  let minTimestamp = Number.POSITIVE_INFINITY;
  let maxTimestamp = Number.NEGATIVE_INFINITY;
  let at = BLOCK_HEADER_BYTES;
  for (const [index, event] of events.entries()) {
    minTimestamp = Math.min(minTimestamp, event.timestamp);
    maxTimestamp = Math.max(maxTimestamp, event.timestamp);
    bytes.writeDoubleLE(event.timestamp, at);
    bytes.writeDoubleLE(ingestionTime, at + 8);
    bytes.writeUInt32LE(lengths[index]!, at + 16);
    bytes.write(event.message, at + EVENT_HEADER_BYTES, 'utf8');
    at += EVENT_HEADER_BYTES + lengths[index]!;
  }
  const storedBytes = messageBytes + events.length * EVENT_OVERHEAD_BYTES;
  const header = { firstSequence, count: events.length, storedBytes, minTimestamp, maxTimestamp };
  writeHeader(bytes, header);
  return { ...header, bytes };
}

export function decodeBlock(block: Block): StoredEvent[] {
  const { bytes } = block;
  const events: StoredEvent[] = [];
  let at = BLOCK_HEADER_BYTES;
  for (let index = 0; index < block.count; index++) {
    const length = bytes.readUInt32LE(at + 16);
    events.push({
      timestamp: bytes.readDoubleLE(at),
      sequence: block.firstSequence + index,
      ingestionTime: bytes.readDoubleLE(at + 8),
      message: bytes.toString('utf8', at + EVENT_HEADER_BYTES, at + EVENT_HEADER_BYTES + length),
    });
    at += EVENT_HEADER_BYTES + length;
  }
  return events;
}

/** Ingestion time of the last event. */
export function lastIngestionTime(block: Block): number {
  let at = BLOCK_HEADER_BYTES;
  for (let index = 1; index < block.count; index++) at += EVENT_HEADER_BYTES + block.bytes.readUInt32LE(at + 16);
  return block.bytes.readDoubleLE(at + 8);
}

function join(blocks: readonly Block[]): Block {
  if (blocks.length === 1) return blocks[0]!;
  const bytes = Buffer.concat([
    Buffer.alloc(BLOCK_HEADER_BYTES),
    ...blocks.map((block) => block.bytes.subarray(BLOCK_HEADER_BYTES)),
  ]);
  const header: BlockHeader = {
    firstSequence: blocks[0]!.firstSequence,
    count: blocks.reduce((sum, block) => sum + block.count, 0),
    storedBytes: blocks.reduce((sum, block) => sum + block.storedBytes, 0),
    minTimestamp: Math.min(...blocks.map((block) => block.minTimestamp)),
    maxTimestamp: Math.max(...blocks.map((block) => block.maxTimestamp)),
  };
  writeHeader(bytes, header);
  return { ...header, bytes };
}

/**
 * Joins consecutive blocks of a stream while they stay under `targetBytes`. Larger blocks make reads of a few events
 * decode more; smaller ones make the index longer.
 */
export function joinBlocks(blocks: readonly Block[], targetBytes: number): Block[] {
  const joined: Block[] = [];
  let run: Block[] = [];
  let size = 0;
  for (const block of blocks) {
    if (run.length > 0 && size + block.bytes.length > targetBytes) {
      joined.push(join(run));
      run = [];
      size = 0;
    }
    run.push(block);
    size += block.bytes.length;
  }
  if (run.length > 0) joined.push(join(run));
  return joined;
}

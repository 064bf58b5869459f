/**
 * Findings of one scan in a file of their own: compressed pages of a fixed number of findings, then the list of where
 * they begin, then that list's length in eight bytes. Reading a page costs its own length, however many there are.
 *
 * A file is written under another name and takes its own in one step; it never changes after that.
 */
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';
import type { Distribution } from './package.ts';
import type { Finding } from './report.ts';

/** More: a small page reads more than it answers; fewer: files compress worse. */
const perPage = 100;
const trailerBytes = 8;
/** Higher levels take ten times as long for a fifth less. */
const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } };

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);

/** What is said of the image as a whole. */
export interface FindingsHead {
  readonly distribution?: Distribution;
  readonly architecture?: string;
  readonly author?: string;
  readonly packageCount: number;
}

interface Index {
  readonly head: FindingsHead;
  readonly count: number;
  /** Where each page begins, and where the last one ends. */
  readonly offsets: readonly number[];
}

export interface FindingsPage {
  readonly head: FindingsHead;
  readonly findings: readonly Finding[];
  /** Of all that the file has. */
  readonly count: number;
}

const toBytes = (value: unknown) => compress(Buffer.from(JSON.stringify(value)), quality);
const fromBytes = async (bytes: Buffer) => JSON.parse((await decompress(bytes)).toString());

export async function writeFindings(path: string, head: FindingsHead, findings: readonly Finding[]): Promise<void> {
  const draft = `${path}.new`;
  const file = await open(draft, 'w', 0o600);
  try {
    const offsets = [0];
    for (let at = 0; at < findings.length; at += perPage) {
      const bytes = await toBytes(findings.slice(at, at + perPage));
      await file.write(bytes);
      offsets.push(offsets.at(-1)! + bytes.length);
    }
    const index = await toBytes({ head, count: findings.length, offsets } satisfies Index);
    const trailer = Buffer.alloc(trailerBytes);
    trailer.writeBigUInt64BE(BigInt(index.length));
    await file.write(Buffer.concat([index, trailer]));
    await file.sync();
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  await rename(draft, path);
}

async function readAt(file: FileHandle, start: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await file.read(bytes, 0, length, start);
  if (bytesRead !== length) throw new Error('the file of findings is cut short');
  return bytes;
}

async function readIndex(file: FileHandle): Promise<Index> {
  const { size } = await file.stat();
  const trailer = await readAt(file, Math.max(0, size - trailerBytes), trailerBytes);
  const length = Number(trailer.readBigUInt64BE());
  if (length > size) throw new Error('the file of findings is damaged');
  return fromBytes(await readAt(file, size - trailerBytes - length, length));
}

/** Up to `limit` findings from number `from` on, the worst ones first. Rejects when there is no such file. */
export async function readFindings(path: string, from: number, limit: number): Promise<FindingsPage> {
  const file = await open(path, 'r');
  try {
    const { head, count, offsets } = await readIndex(file);
    const end = Math.min(count, from + limit);
    const findings: Finding[] = [];
    for (let page = Math.floor(from / perPage); page * perPage < end; page++) {
      const start = offsets[page]!;
      const all: Finding[] = await fromBytes(await readAt(file, start, offsets[page + 1]! - start));
      findings.push(...all.slice(Math.max(0, from - page * perPage), end - page * perPage));
    }
    return { head, findings, count };
  } finally {
    await file.close();
  }
}

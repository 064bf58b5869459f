/**
 * The files of a layer that analysers want, streamed out of its archive: a layer is never in memory as a whole, and
 * what does not concern anybody is skipped. https://github.com/opencontainers/image-spec/blob/main/layer.md
 */
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { extract } from 'tar-stream';

export interface LayerVisitor {
  /** Asked for every regular file; true reads it. */
  readonly wants: (path: string, sizeBytes: number, isExecutable: boolean) => boolean;
  readonly onFile: (path: string, bytes: Buffer) => void | Promise<void>;
  /** The file or directory `path` of the layers below is gone. */
  readonly onRemoved: (path: string) => void;
  /** Everything in the directory `path` of the layers below is gone. */
  readonly onOpaque: (path: string) => void;
}

const whiteout = '.wh.';
const opaque = '.wh..wh..opq';

/** Without leading `./` and `/`; what leads out of the root is named as inside. */
const normalised = (name: string): string =>
  name
    .split('/')
    .filter((part) => part !== '' && part !== '.' && part !== '..')
    .join('/');

function decompressor(magic: Buffer): NodeJS.ReadWriteStream | undefined {
  if (magic[0] === 0x1f && magic[1] === 0x8b) return createGunzip();
  if (magic.readUInt32LE(0) === 0xfd2fb528) return createZstdDecompress();
  return undefined;
}

/** The bytes as they were before compression, found out from how they begin. */
async function unpacked(source: Readable): Promise<Readable> {
  let head = source.read(4) as Buffer | null;
  while (head === null && !source.readableEnded) {
    await Promise.race([once(source, 'readable'), once(source, 'end')]);
    head = source.read(4) as Buffer | null;
  }
  if (head === null || head.length < 4) return source;
  source.unshift(head);
  const stream = decompressor(head);
  if (!stream) return source;
  pipeline(source, stream).catch(() => {});
  return stream as unknown as Readable;
}

/** Rejects when the layer is damaged; the visitor has then seen a part of it. */
export async function visitLayer(source: Readable, visitor: LayerVisitor): Promise<void> {
  const archive = extract();
  const reading = pipeline(await unpacked(source), archive);
  reading.catch(() => {});
  for await (const entry of archive) {
    const path = normalised(entry.header.name);
    const slash = path.lastIndexOf('/');
    const name = path.slice(slash + 1);
    const parent = path.slice(0, Math.max(0, slash));
    if (name === opaque) visitor.onOpaque(parent);
    else if (name.startsWith(whiteout)) {
      visitor.onRemoved(parent === '' ? name.slice(whiteout.length) : `${parent}/${name.slice(whiteout.length)}`);
    } else {
      const { type, size = 0, mode = 0 } = entry.header;
      const isFile = type === 'file' || type === 'contiguous-file';
      if (isFile && visitor.wants(path, size, (mode & 0o111) !== 0)) {
        const chunks: Buffer[] = [];
        for await (const chunk of entry) chunks.push(chunk as Buffer);
        await visitor.onFile(path, Buffer.concat(chunks));
        continue;
      }
      // A link or device hides what the layers below have there.
      if (!isFile && type !== 'directory') visitor.onRemoved(path);
    }
    entry.resume();
  }
  await reading;
}

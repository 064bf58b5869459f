/** Zip archives for tests: entries as they are, or deflated. https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT */
import { crc32, deflateRawSync } from 'node:zlib';

const stored = 0;
const deflated = 8;

interface Entry {
  readonly name: Buffer;
  readonly method: number;
  readonly crc: number;
  readonly sizeBytes: number;
  readonly content: Buffer;
}

/** What a local header and one of the central directory have in common, from the version needed on. */
function commonFields({ name, method, crc, sizeBytes, content }: Entry): Buffer {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(20, 0);
  fields.writeUInt16LE(method, 4);
  fields.writeUInt16LE(0x21, 8);
  fields.writeUInt32LE(crc, 10);
  fields.writeUInt32LE(content.length, 14);
  fields.writeUInt32LE(sizeBytes, 18);
  fields.writeUInt16LE(name.length, 22);
  return fields;
}

const signature = (number: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(number);
  return bytes;
};

function centralHeader(entry: Entry, offset: number): Buffer {
  const madeBy = Buffer.from([20, 0]);
  const tail = Buffer.alloc(14);
  tail.writeUInt32LE(offset, 10);
  return Buffer.concat([signature(0x02014b50), madeBy, commonFields(entry), tail, entry.name]);
}

export function makeZip(files: Readonly<Record<string, string | Buffer>>, compress = false): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(files)) {
    const bytes = Buffer.from(content);
    const entry: Entry = {
      name: Buffer.from(name),
      method: compress ? deflated : stored,
      crc: crc32(bytes),
      sizeBytes: bytes.length,
      content: compress ? deflateRawSync(bytes) : bytes,
    };
    const header = Buffer.concat([signature(0x04034b50), commonFields(entry), entry.name, entry.content]);
    local.push(header);
    central.push(centralHeader(entry, offset));
    offset += header.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(central.length, 4);
  end.writeUInt16LE(central.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...local, directory, signature(0x06054b50), end]);
}

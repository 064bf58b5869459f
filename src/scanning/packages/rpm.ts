/**
 * RPM packages: the database of /var/lib/rpm, in SQLite (Fedora, RHEL 9 and their relatives) or ndb (SUSE). The older
 * Berkeley DB format is not read: its images are reported as such, never as empty. Headers are RPM's own format:
 * https://rpm-software-management.github.io/rpm/manual/hregions.html
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Analyser, type Distribution, type Package, purlOf } from '../package.ts';
import { ecosystemOf } from './os-release.ts';

const directory = '(?:var/lib|usr/lib/sysimage|usr/share)/rpm';
const sqlitePath = new RegExp(`^${directory}/rpmdb\\.sqlite$`);
const ndbPath = new RegExp(`^${directory}/Packages\\.db$`);
/** The format that is not read. */
export const berkeleyPath = new RegExp(`^${directory}/Packages$`);

const tag = { name: 1000, version: 1001, release: 1002, epoch: 1003, license: 1014, arch: 1022, sourceRpm: 1044 };
const type = { int32: 4, string: 6, stringArray: 8, i18nString: 9 };
const entryBytes = 16;

/** Index entries (tag, type, offset, count; big-endian) and the data that they point into. */
function readHeader(blob: Buffer): Map<number, string | number> {
  const values = new Map<number, string | number>();
  if (blob.length < 8) return values;
  const count = blob.readUInt32BE(0);
  const data = 8 + count * entryBytes;
  for (let at = 8; at + entryBytes <= Math.min(data, blob.length); at += entryBytes) {
    const start = data + blob.readUInt32BE(at + 8);
    const kind = blob.readUInt32BE(at + 4);
    if (start >= blob.length) continue;
    if (kind === type.int32 && start + 4 <= blob.length) values.set(blob.readUInt32BE(at), blob.readUInt32BE(start));
    if (kind === type.string || kind === type.stringArray || kind === type.i18nString) {
      const end = blob.indexOf(0, start);
      values.set(blob.readUInt32BE(at), blob.toString('utf8', start, end < 0 ? blob.length : end));
    }
  }
  return values;
}

function toPackage(blob: Buffer, path: string, distribution: Distribution | undefined): Package[] {
  const header = readHeader(blob);
  const text = (number: number) => header.get(number)?.toString();
  const [name, version, release] = [text(tag.name), text(tag.version), text(tag.release)];
  // Keys that signed packages are stored as packages too.
  if (!name || !version || !release || name === 'gpg-pubkey') return [];
  const epoch = text(tag.epoch);
  const [arch, license, sourceRpm] = [text(tag.arch), text(tag.license), text(tag.sourceRpm)];
  const full = `${epoch && epoch !== '0' ? `${epoch}:` : ''}${version}-${release}`;
  const source = /^(.+)-[^-]+-[^-]+\.src\.rpm$/.exec(sourceRpm ?? '')?.[1];
  return [
    {
      ecosystem: (distribution && ecosystemOf(distribution)) ?? 'RPM',
      name,
      version: full,
      ...(source && { source: { name: source, version: full } }),
      ...(arch && { arch }),
      ...(license && { license }),
      path,
      purl: purlOf('rpm', `${distribution?.id ?? 'redhat'}/${name}`, `${version}-${release}`, { arch, epoch }),
    },
  ];
}

function readSqlite(bytes: Buffer): Buffer[] {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-rpm-'));
  try {
    const file = join(folder, 'rpmdb.sqlite');
    writeFileSync(file, bytes);
    const database = new DatabaseSync(file, { readOnly: true });
    try {
      const rows = database.prepare('SELECT blob FROM Packages').all() as { blob: Uint8Array }[];
      return rows.map(({ blob }) => Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength));
    } finally {
      database.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const pageBytes = 4096;
const slotBytes = 16;
const blockBytes = 16;
const slotMagic = 0x746f6c53;
const blobMagic = 0x53626c42;

/** Pages of slots (magic, package, first block, blocks; little-endian); a blob has a header of its own. */
function readNdb(bytes: Buffer): Buffer[] {
  const blobs: Buffer[] = [];
  if (bytes.length < pageBytes || bytes.toString('latin1', 0, 4) !== 'RpmP') return blobs;
  const end = Math.min(bytes.readUInt32LE(12) * pageBytes, bytes.length);
  for (let at = 2 * slotBytes; at + slotBytes <= end; at += slotBytes) {
    const number = bytes.readUInt32LE(at + 4);
    const start = bytes.readUInt32LE(at + 8) * blockBytes;
    if (bytes.readUInt32LE(at) !== slotMagic || number === 0 || start + 16 > bytes.length) continue;
    if (bytes.readUInt32LE(start) !== blobMagic || bytes.readUInt32LE(start + 4) !== number) continue;
    blobs.push(bytes.subarray(start + 16, start + 16 + bytes.readUInt32LE(start + 12)));
  }
  return blobs;
}

export const rpm: Analyser = {
  name: 'rpm',
  wants: (path) => sqlitePath.test(path) || ndbPath.test(path),
  read(file, distribution) {
    const blobs = sqlitePath.test(file.path) ? readSqlite(file.bytes) : readNdb(file.bytes);
    return blobs.flatMap((blob) => toPackage(blob, file.path, distribution));
  },
};

/** Java archives: what Maven left in them, and in the archives inside them. */
import { type Entry, fromBuffer, type ZipFile } from 'yauzl';
import type { Package } from '../package.ts';
import { readPomProperties } from './languages.ts';

export const isJavaArchive = (path: string): boolean => /\.(?:jar|war|ear)$/i.test(path);

/** An archive in an archive in an archive, and no deeper. */
const maxDepth = 3;
/** An entry that unpacks to more is left out: no properties file and hardly a library is as large. */
const maxEntryBytes = 64 * 1024 * 1024;

const isProperties = (name: string) => /^META-INF\/maven\/.+\/pom\.properties$/.test(name);

const openZip = (bytes: Buffer): Promise<ZipFile> =>
  new Promise((resolve, reject) => {
    fromBuffer(bytes, { lazyEntries: true }, (error, zip) => (error ? reject(error) : resolve(zip)));
  });

function readEntry(zip: ZipFile, entry: Entry): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => {
      if (error) return reject(error);
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('error', reject);
      stream.on('end', () => resolve(Buffer.concat(chunks)));
    });
  });
}

/** Rejects when it is no archive. */
async function wantedEntries(bytes: Buffer): Promise<readonly { readonly name: string; readonly bytes: Buffer }[]> {
  const zip = await openZip(bytes);
  const found: { name: string; bytes: Buffer }[] = [];
  return new Promise((resolve, reject) => {
    zip.on('error', reject);
    zip.on('end', () => resolve(found));
    zip.on('entry', (entry: Entry) => {
      const isWanted = isProperties(entry.fileName) || isJavaArchive(entry.fileName);
      if (!isWanted || entry.uncompressedSize > maxEntryBytes) return zip.readEntry();
      readEntry(zip, entry).then((content) => {
        found.push({ name: entry.fileName, bytes: content });
        zip.readEntry();
      }, reject);
    });
    zip.readEntry();
  });
}

/** Archives that cannot be read hold nothing that can be named. */
export async function readJavaArchive(bytes: Buffer, path: string, depth = 1): Promise<Package[]> {
  const entries = await wantedEntries(bytes).catch(() => []);
  const packages: Package[] = [];
  for (const entry of entries) {
    const inside = `${path}/${entry.name}`;
    if (isProperties(entry.name)) packages.push(...readPomProperties({ path: inside, bytes: entry.bytes }));
    else if (depth < maxDepth) packages.push(...(await readJavaArchive(entry.bytes, inside, depth + 1)));
  }
  return packages;
}

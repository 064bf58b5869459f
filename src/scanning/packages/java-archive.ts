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

/** One wanted entry after the other, so that no more than one is in memory. Rejects when it is no archive. */
async function visitEntries(bytes: Buffer, visit: (name: string, bytes: Buffer) => Promise<void>): Promise<void> {
  const zip = await openZip(bytes);
  return new Promise((resolve, reject) => {
    zip.on('error', reject);
    zip.on('end', () => resolve());
    zip.on('entry', (entry: Entry) => {
      const isWanted = isProperties(entry.fileName) || isJavaArchive(entry.fileName);
      if (!isWanted || entry.uncompressedSize > maxEntryBytes) return zip.readEntry();
      readEntry(zip, entry)
        .then((content) => visit(entry.fileName, content))
        .then(() => zip.readEntry(), reject);
    });
    zip.readEntry();
  });
}

/** Archives that cannot be read hold nothing that can be named, but for what was read of them. */
export async function readJavaArchive(bytes: Buffer, path: string, depth = 1): Promise<Package[]> {
  const packages: Package[] = [];
  await visitEntries(bytes, async (name, content) => {
    const inside = `${path}/${name}`;
    if (isProperties(name)) packages.push(...readPomProperties({ path: inside, bytes: content }));
    else if (depth < maxDepth) packages.push(...(await readJavaArchive(content, inside, depth + 1)));
  }).catch(() => {});
  return packages;
}

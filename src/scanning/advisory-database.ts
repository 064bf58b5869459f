/**
 * Advisories on this machine: one SQLite file made of OSV's exports, looked up by ecosystem and package. The operator
 * brings the exports (`slipway scan-db update`); without a database nothing can be said about an image.
 *
 * A new database is written beside the old one and takes its place in one step, so a reader has either.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { crc32, inflateRawSync } from 'node:zlib';
import { type Entry, fromBuffer, type ZipFile } from 'yauzl';
import type { Advisory } from './advisory.ts';

export interface AdvisoryDatabase {
  /** When it was made; epoch milliseconds. Names it: findings of another one may differ. */
  readonly updatedAt: number;
  readonly advisoryCount: number;
  /** Advisories that name the package; withdrawn ones are not in it. */
  find(ecosystem: string, name: string): Advisory[];
  /** Whether it says anything of the ecosystem: where it does not, finding nothing means nothing. */
  covers(ecosystem: string): boolean;
  /** Names without their releases, and how many packages of each have advisories. */
  ecosystems(): { readonly name: string; readonly packageCount: number }[];
  close(): void;
}

const schema = `
  CREATE TABLE meta (updatedAt INTEGER NOT NULL, advisoryCount INTEGER NOT NULL);
  CREATE TABLE advisories (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, document TEXT NOT NULL);
  CREATE TABLE affected (ecosystem TEXT NOT NULL, name TEXT NOT NULL, advisory INTEGER NOT NULL,
    PRIMARY KEY (ecosystem, name, advisory)) WITHOUT ROWID;
`;

/** Undefined when there is no database yet. */
export function openAdvisoryDatabase(path: string): AdvisoryDatabase | undefined {
  if (!existsSync(path)) return undefined;
  const database = new DatabaseSync(path, { readOnly: true });
  const meta = database.prepare('SELECT updatedAt, advisoryCount FROM meta').get() as {
    updatedAt: number;
    advisoryCount: number;
  };
  const exact = database.prepare(
    'SELECT document FROM affected JOIN advisories ON number = advisory WHERE ecosystem = ? AND name = ?',
  );
  const variants = database.prepare(
    "SELECT DISTINCT document FROM affected JOIN advisories ON number = advisory WHERE ecosystem BETWEEN ? || ':' AND ? || ';' AND name = ?",
  );
  const any = database.prepare(
    "SELECT 1 FROM affected WHERE ecosystem = ?1 OR (?1 LIKE 'Red Hat:%' AND ecosystem BETWEEN ?1 || ':' AND ?1 || ';') LIMIT 1",
  );
  const counts = database.prepare(
    `SELECT CASE INSTR(ecosystem, ':') WHEN 0 THEN ecosystem ELSE SUBSTR(ecosystem, 1, INSTR(ecosystem, ':') - 1) END AS name,
       COUNT(DISTINCT ecosystem || ' ' || affected.name) AS packageCount FROM affected GROUP BY 1 ORDER BY 1`,
  );
  return {
    ...meta,
    covers: (ecosystem) => any.get(ecosystem) !== undefined,
    ecosystems: () => counts.all().map((row) => ({ ...row }) as { name: string; packageCount: number }),
    find(ecosystem, name) {
      const rows = exact.all(ecosystem, name) as { document: string }[];
      // Red Hat names its repositories too: `Red Hat:enterprise_linux:9::baseos`.
      if (ecosystem.startsWith('Red Hat:')) rows.push(...(variants.all(ecosystem, ecosystem, name) as typeof rows));
      return rows.map(({ document }) => JSON.parse(document) as Advisory);
    },
    close: () => database.close(),
  };
}

const localHeaderBytes = 30;
const stored = 0;
const deflated = 8;

/** Of an archive that is in memory; without streams, because there are half a million entries. Throws when it is damaged. */
function textOf(archive: Buffer, entry: Entry): string {
  const { compressionMethod: method, compressedSize, uncompressedSize, fileName } = entry;
  const header = entry.relativeOffsetOfLocalHeader;
  const start = header + localHeaderBytes + archive.readUInt16LE(header + 26) + archive.readUInt16LE(header + 28);
  const content = archive.subarray(start, start + compressedSize);
  if (method !== stored && method !== deflated) throw new Error(`${fileName} is compressed in a way that is not known`);
  const bytes = method === deflated ? inflateRawSync(content, { maxOutputLength: uncompressedSize + 1 }) : content;
  if (bytes.length !== uncompressedSize || crc32(bytes) !== entry.crc32) throw new Error(`${fileName} is damaged`);
  return bytes.toString();
}

/** Texts of every entry that is a JSON file. */
async function* entriesOf(path: string): AsyncGenerator<string> {
  const archive = await readFile(path);
  const zip = await new Promise<ZipFile>((resolve, reject) => {
    fromBuffer(archive, { lazyEntries: true }, (error, opened) => (error ? reject(error) : resolve(opened)));
  });
  while (true) {
    const entry = await new Promise<Entry | undefined>((resolve, reject) => {
      zip.once('entry', resolve);
      zip.once('end', () => resolve(undefined));
      zip.once('error', reject);
      zip.readEntry();
    });
    zip.removeAllListeners();
    if (!entry) return;
    if (entry.fileName.endsWith('.json')) yield textOf(archive, entry);
  }
}

/** Advisories of a directory: `.json` files and `.zip` exports, at any depth. */
async function* documentsOf(directory: string): AsyncGenerator<{ readonly path: string; readonly text: string }> {
  const names = await readdir(directory, { recursive: true });
  for (const name of names.sort()) {
    const path = join(directory, name);
    if (name.endsWith('.zip')) for await (const text of entriesOf(path)) yield { path, text };
    else if (name.endsWith('.json')) yield { path, text: await readFile(path, 'utf8') };
  }
}

function parseAdvisory(path: string, text: string): Advisory {
  let advisory: Advisory | undefined;
  try {
    advisory = JSON.parse(text);
  } catch (error) {
    throw new Error(`${path} holds something that is not JSON`, { cause: error });
  }
  if (typeof advisory?.id !== 'string') throw new Error(`${path} holds something that is no advisory in OSV's form`);
  return advisory;
}

/**
 * Makes the database at `path` anew from what is in `directory`. Rejects, and leaves the old one, when a file is damaged
 * or nothing is there.
 */
export async function importAdvisories(options: {
  readonly directory: string;
  readonly path: string;
  readonly now: number;
}): Promise<{ readonly advisoryCount: number; readonly packageCount: number }> {
  const draft = `${options.path}.new`;
  await rm(draft, { force: true });
  const database = new DatabaseSync(draft);
  try {
    database.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; ${schema}`);
    const insertAdvisory = database.prepare('INSERT OR REPLACE INTO advisories (id, document) VALUES (?, ?)');
    const insertAffected = database.prepare('INSERT OR IGNORE INTO affected VALUES (?, ?, ?)');
    let advisoryCount = 0;
    database.exec('BEGIN');
    for await (const { path, text } of documentsOf(options.directory)) {
      const advisory = parseAdvisory(path, text);
      if (advisory.withdrawn !== undefined) continue;
      const { lastInsertRowid } = insertAdvisory.run(advisory.id, text);
      for (const { package: named } of advisory.affected ?? []) {
        if (named?.ecosystem && named.name) insertAffected.run(named.ecosystem, named.name, lastInsertRowid);
      }
      advisoryCount++;
    }
    if (advisoryCount === 0) throw new Error(`no advisories in ${options.directory}: neither .json nor .zip files`);
    database.prepare('INSERT INTO meta VALUES (?, ?)').run(options.now, advisoryCount);
    database.exec('COMMIT; PRAGMA synchronous = FULL');
    const { count } = database.prepare('SELECT COUNT(*) AS count FROM affected').get() as { count: number };
    database.close();
    await rename(draft, options.path);
    return { advisoryCount, packageCount: count };
  } catch (error) {
    if (database.isOpen) database.close();
    await rm(draft, { force: true });
    throw error;
  }
}

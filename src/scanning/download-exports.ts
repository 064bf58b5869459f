/**
 * OSV's exports, one archive for each ecosystem, kept as they came: an update asks only for those that have changed since.
 * https://google.github.io/osv.dev/data/
 */
import { createWriteStream } from 'node:fs';
import { access, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export const osvBucket = 'https://osv-vulnerabilities.storage.googleapis.com';

/** Those that the own engine finds packages of. */
export const knownEcosystems: readonly string[] = [
  'AlmaLinux',
  'Alpine',
  'Chainguard',
  'Debian',
  'Go',
  'Maven',
  'PyPI',
  'Red Hat',
  'Rocky Linux',
  'SUSE',
  'Ubuntu',
  'Wolfi',
  'npm',
  'openSUSE',
];

const archiveOf = (directory: string, ecosystem: string) => join(directory, `${encodeURIComponent(ecosystem)}.zip`);

/** Ecosystems whose exports are in the directory, in the order of their names. */
export async function downloadedEcosystems(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => []);
  const archives = names.filter((name) => name.endsWith('.zip'));
  return archives.map((name) => decodeURIComponent(name.slice(0, -'.zip'.length))).sort();
}

export type Downloaded = { readonly ecosystem: string; readonly outcome: 'new' | 'unchanged' };

async function download(url: string, archive: string, ecosystem: string): Promise<Downloaded> {
  const tagFile = `${archive}.etag`;
  const known = await Promise.all([readFile(tagFile, 'utf8'), access(archive)]).then(
    ([tag]) => tag,
    () => undefined,
  );
  const headers: Record<string, string> = known === undefined ? {} : { 'if-none-match': known };
  const response = await fetch(url, { headers }).catch((error: Error) => {
    const why = (error.cause as Error | undefined)?.message ?? error.message;
    throw new Error(`${url} cannot be downloaded: ${why}`, { cause: error });
  });
  if (response.status === 304) return { ecosystem, outcome: 'unchanged' };
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    const why = response.status === 404 ? `there is no export of "${ecosystem}"` : `the answer is ${response.status}`;
    throw new Error(`${url} cannot be downloaded: ${why}`);
  }
  const part = `${archive}.part`;
  const body = Readable.fromWeb(response.body as import('node:stream/web').ReadableStream);
  try {
    await pipeline(body, createWriteStream(part));
    await rm(tagFile, { force: true });
    await rename(part, archive);
  } catch (error) {
    await rm(part, { force: true });
    throw new Error(`${url} cannot be downloaded: ${(error as Error).message}`, { cause: error });
  }
  const tag = response.headers.get('etag');
  if (tag) await writeFile(tagFile, tag);
  return { ecosystem, outcome: 'new' };
}

/** One after the other. Rejects at the first one that cannot be had; what was there before stays. */
export async function downloadExports(options: {
  readonly ecosystems: readonly string[];
  /** Where the exports are, without a slash at the end. */
  readonly source: string;
  readonly directory: string;
  readonly onDone: (done: Downloaded) => void;
}): Promise<void> {
  await mkdir(options.directory, { recursive: true, mode: 0o700 });
  for (const ecosystem of options.ecosystems) {
    const url = `${options.source.replace(/\/+$/, '')}/${encodeURIComponent(ecosystem)}/all.zip`;
    options.onDone(await download(url, archiveOf(options.directory, ecosystem), ecosystem));
  }
}

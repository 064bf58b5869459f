/** A group's manifest: which segments count, and up to which write-ahead file they hold everything. */
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { StreamRecord } from './stream-state.ts';
import { syncDirectory } from './sync-directory.ts';

export interface Manifest {
  readonly version: 1;
  /** Events of write-ahead files up to this number are in segments. */
  readonly checkpointed: number;
  readonly streams: Readonly<Record<string, StreamRecord>>;
}

export async function readManifest(directory: string): Promise<Manifest | undefined> {
  try {
    const manifest = JSON.parse(await readFile(join(directory, 'manifest.json'), 'utf8')) as Manifest;
    if (manifest.version !== 1) throw new Error(`unknown version of the log manifest in ${directory}`);
    return manifest;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Replaces it as a whole: after a crash either the old or the new one is there. */
export async function writeManifest(directory: string, manifest: Manifest): Promise<void> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, 'manifest.json');
  const file = await open(`${path}.new`, 'w');
  try {
    await file.writeFile(JSON.stringify(manifest));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  await syncDirectory(directory);
  await syncDirectory(join(directory, '..'));
}

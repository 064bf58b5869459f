/**
 * What was found in an image, kept so that a new database does not mean to read its layers again. Named by the image's
 * digest: whoever has the same image has the same inventory.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Inventory } from './analyse.ts';

/** One more with every change of what analysers find: what is on disk is then read anew. */
const analysersVersion = 1;

const pack = promisify(gzip);
const unpack = promisify(gunzip);

export const inventoryFile = (directory: string, digest: string): string =>
  join(directory, `${digest.replace(':', '-')}.json.gz`);

export const digestOfInventory = (name: string): string => name.replace(/\..*$/, '').replace('-', ':');

/** Undefined when there is none, or none that can be used. */
export async function readInventory(path: string): Promise<Inventory | undefined> {
  try {
    const { version, inventory } = JSON.parse((await unpack(await readFile(path))).toString());
    return version === analysersVersion ? inventory : undefined;
  } catch {
    return undefined;
  }
}

export async function writeInventory(path: string, inventory: Inventory): Promise<void> {
  const draft = `${path}.${process.pid}.new`;
  await writeFile(draft, await pack(JSON.stringify({ version: analysersVersion, inventory })), { mode: 0o600 });
  await rename(draft, path);
}

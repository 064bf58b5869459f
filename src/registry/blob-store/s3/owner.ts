/**
 * One prefix of a bucket belongs to one Slipway: its collector removes what its own rows do not name. Who it is stands in a
 * file of the data directory, which a backup keeps.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { uuid } from '#lib/ids.ts';
import type { Random } from '#lib/random.ts';
import type { S3Storage } from '../storage.ts';
import type { Bucket } from './bucket.ts';

async function identity(directory: string, random: Random): Promise<string> {
  const file = join(directory, 'installation-id');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const known = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (known !== undefined) return known.trim();
  const id = uuid(random);
  await writeFile(file, `${id}\n`, { mode: 0o600, flush: true });
  return id;
}

export async function takeOwnership(
  bucket: Bucket,
  options: { readonly storage: S3Storage; readonly directory: string; readonly random: Random },
): Promise<void> {
  const { storage } = options;
  const id = await identity(options.directory, options.random);
  const where = `s3://${storage.bucket}/${storage.prefix}`;
  let owner: Buffer | undefined;
  try {
    owner = await bucket.read('owner');
    if (!owner) await bucket.put('owner', Buffer.from(id));
  } catch (error) {
    throw new Error(`${where} cannot be used: ${(error as Error).message}`, { cause: error });
  }
  if (owner && String(owner).trim() !== id) {
    throw new Error(
      `${where} belongs to another Slipway, whose images this one would remove. Choose another prefix; or, when that one is gone for good and its state was restored here, delete the object \`owner\` there.`,
    );
  }
}

/** Whether the bucket of the registry can be used, told when somebody looks; a bucket that is away stops nothing else. */
import { join } from 'node:path';
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { Random } from '#lib/random.ts';
import { openStorage, type S3Storage } from '#registry/blob-store/storage.ts';

export async function tryStorage(
  storage: S3Storage,
  deps: { readonly dataDir: string; readonly clock: Clock; readonly random: Random; readonly logger: Logger },
): Promise<string> {
  const where = `s3://${storage.bucket}/${storage.prefix}`;
  try {
    const blobs = await openStorage(storage, { ...deps, directory: join(deps.dataDir, 'registry') });
    await blobs.close();
    return where;
  } catch (error) {
    deps.logger.error('the storage of images cannot be used', { error });
    return `${(error as Error).message}\n  Slipway keeps trying; until then images can be neither pushed nor pulled.`;
  }
}

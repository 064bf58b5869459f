/** A check of the registry of a data directory on which nothing runs. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '#lib/clock.ts';
import { silentLogger } from '#lib/logger.ts';
import { systemRandom } from '#lib/random.ts';
import { lockDirectory } from '#registry/blob-store/fs/lock.ts';
import { openStorage, type Storage } from '#registry/blob-store/storage.ts';
import { Check, type CheckReport } from '#registry/fsck/check.ts';
import { createRepairs } from '#registry/fsck/repairs.ts';
import { openSqliteJournal } from '#store/journals/sqlite.ts';
import { Store } from '#store/store.ts';
import { allTables } from '#store/tables/all.ts';
import { ConfigError } from './config.ts';
import { lockDataDirectory } from './up/data-directory.ts';

export async function checkStoppedRegistry(options: {
  readonly dataDir: string;
  readonly storage: Storage;
  readonly repair: boolean;
  readonly onProgress: (report: CheckReport) => void;
}): Promise<CheckReport> {
  const { dataDir, storage, repair, onProgress } = options;
  const path = join(dataDir, 'state.sqlite');
  if (!existsSync(path)) throw new ConfigError(`there is no state in ${dataDir}`);
  const lock = lockDataDirectory(dataDir);
  if (!lock) throw new ConfigError(`a Slipway runs on ${dataDir}`);
  const clock = systemClock;
  let unlock: (() => void) | undefined;
  try {
    const store = await Store.open({ journal: await openSqliteJournal({ path }), tables: allTables });
    try {
      const directory = join(dataDir, 'registry');
      // The process of a Slipway that was killed may still be ending.
      unlock = lockDirectory(directory);
      const blobs = await openStorage(storage, { directory, clock, random: systemRandom, logger: silentLogger });
      try {
        const repairs = repair && {
          repairs: createRepairs({ store, clock, startedAt: clock.now() }),
          discard: (digest: string) => blobs.delete(digest),
        };
        return await new Check({ view: store, blobs, onProgress, ...(repairs || {}) }).run();
      } finally {
        await blobs.close();
      }
    } finally {
      unlock?.();
      await store.close();
    }
  } finally {
    lock.release();
  }
}

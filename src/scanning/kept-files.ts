/** Files of scans go when nothing names them any more: inventories with the last image of their digest, findings with their row. */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Timer } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import { changeOf, type Store } from '#store/store.ts';
import { imageScans, images } from '#store/tables/ecr.ts';
import type { ScanDirectories } from './directories.ts';
import { digestOfInventory, inventoryFile } from './inventory-file.ts';

const sweepEveryMs = 6 * 3_600_000;
/** A file that nobody names may belong to a scan under way, or to a reader of the page before. */
const keptUnnamedMs = 3_600_000;

async function sweep(directory: string, nowMs: number, isNeeded: (name: string) => boolean): Promise<void> {
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: nowMs }));
    if (!isNeeded(name) && nowMs - mtimeMs > keptUnnamedMs) await rm(path, { force: true });
  }
}

/** Answers a function that ends it. */
export function keepFiles(deps: {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly directories: ScanDirectories;
}): () => void {
  const { store, clock, logger, directories } = deps;
  let timer: Timer | undefined;
  let closed = false;
  const isInImage = (digest: string) => store.count(images, 'byDigest', digest) > 0;
  const sweepAll = async () => {
    const named = new Set(Array.from(store.all(imageScans), (row) => row.result?.findings));
    await sweep(directories.findings, clock.now(), (name) => named.has(name));
    await sweep(directories.inventories, clock.now(), (name) => isInImage(digestOfInventory(name)));
  };
  const run = () => {
    sweepAll()
      .catch((error: unknown) => logger.error('files of scans could not be swept', { error }))
      .then(() => {
        if (!closed) timer = clock.after(sweepEveryMs, run);
      });
  };
  run();
  const unsubscribe = store.subscribe('durable', ({ changes }) => {
    for (const change of changes) {
      const of = changeOf(images, change);
      if (!of?.before || of.after || isInImage(of.before.digest)) continue;
      rm(inventoryFile(directories.inventories, of.before.digest), { force: true }).catch((error: unknown) =>
        logger.warn('an inventory could not be removed', { error }),
      );
    }
  });
  return () => {
    closed = true;
    timer?.cancel();
    unsubscribe();
  };
}

/** Uploads that nobody goes on with are removed: clients begin anew after a failure more often than they resume. */
import type { Clock, Timer } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { BlobStore } from './blob-store.ts';

/** As long as a registry token lasts: nobody can go on later with the credentials that the upload began with. */
export const uploadLifetimeMs = 12 * 3_600_000;
const everyMs = 10 * 60_000;

/** Removes what is expired and answers how many that were. */
export async function removeExpired(blobs: BlobStore, nowMs: number): Promise<number> {
  let count = 0;
  for (const { id, touchedAt } of await blobs.uploads()) {
    if (touchedAt + uploadLifetimeMs <= nowMs && (await blobs.abort(id))) count += 1;
  }
  return count;
}

/** Answers what ends it. */
export function expireUploads(deps: {
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly logger: Logger;
}): () => void {
  const { blobs, clock, logger } = deps;
  let timer: Timer | undefined;
  let isEnded = false;
  const run = async () => {
    try {
      const count = await removeExpired(blobs, clock.now());
      if (count > 0) logger.info('uploads have expired', { count });
    } catch (error) {
      if (!isEnded) logger.error('expired uploads could not be removed', { error });
    }
    wait();
  };
  const wait = () => {
    if (isEnded) return;
    timer = clock.after(everyMs, () => void run());
  };
  // At the start: what has been left by a process that ended long ago.
  void run();
  return () => {
    isEnded = true;
    timer?.cancel();
  };
}

/**
 * The blob store as a collector may work on it while pushes go on. Between a blob's last byte and the row that names it
 * there is a moment in which nobody seems to need it, and bytes that were there before are not brought again: so every word
 * that a blob is there (`write`, `finish`, `stat`) is a lease.
 *
 * A collector takes a blob in two steps, in between of which it looks at the rows:
 *
 *   propose   refused while somebody is at the blob, and for `leaseMs` after the last word about it
 *   collect   only what is still proposed: any word about the blob has taken the proposal back
 *
 * Why nothing is lost: whoever makes the first row for a blob has got a word about it before. A word after the proposal
 * takes it back. For a word before it, the row's request went over the channel before the proposal's answer, so the collector
 * has the row when it looks. And whoever comes while bytes are removed waits, finds none and brings them anew.
 */
import type { Clock } from '#lib/clock.ts';
import type { BlobStat, BlobStore } from './blob-store.ts';

/** Leases are kept so long: no collector asks for more. Longer: more memory under many pushes. */
export const maxLeaseMs = 15 * 60_000;

export interface Proposal {
  readonly accepted: readonly BlobStat[];
  /** Somebody may need them soon. */
  readonly leased: readonly string[];
}

export interface LeasedBlobStore extends BlobStore {
  /** Takes the place of the proposal before. Blobs that are not there are in neither list. */
  propose(digests: readonly string[], leaseMs: number): Promise<Proposal>;
  /** Removes what is still proposed, and answers that; what cannot be removed stays and is in `failed`. */
  collect(digests: readonly string[]): Promise<{ readonly removed: readonly BlobStat[]; readonly failed: number }>;
  /** Removes a blob that is no good, whatever leases there are; who is at it meanwhile comes before or after. */
  discard(digest: string): Promise<void>;
}

export function leaseBlobs(blobs: BlobStore, clock: Clock): LeasedBlobStore {
  const startedAt = clock.now();
  /** Oldest first. */
  const touched = new Map<string, number>();
  const held = new Map<string, number>();
  const removing = new Map<string, Promise<void>>();
  let proposed = new Map<string, BlobStat>();

  const touch = (digest: string): void => {
    const now = clock.now();
    proposed.delete(digest);
    touched.delete(digest);
    touched.set(digest, now);
    for (const [oldest, at] of touched) {
      if (at + maxLeaseMs > now) break;
      touched.delete(oldest);
    }
  };

  /** Nobody removes the blob while `work` is at it, nor soon after. */
  const hold = async <T>(digest: string, work: () => Promise<T>): Promise<T> => {
    held.set(digest, (held.get(digest) ?? 0) + 1);
    touch(digest);
    try {
      while (removing.has(digest)) await removing.get(digest);
      return await work();
    } finally {
      touch(digest);
      const left = held.get(digest)! - 1;
      if (left > 0) held.set(digest, left);
      else held.delete(digest);
    }
  };

  const isLeased = (digest: string, leaseMs: number): boolean => {
    const since = clock.now() - Math.min(leaseMs, maxLeaseMs);
    return held.has(digest) || removing.has(digest) || Math.max(startedAt, touched.get(digest) ?? 0) >= since;
  };

  const remove = (digest: string): Promise<void> => {
    const done = blobs.delete(digest).finally(() => removing.delete(digest));
    removing.set(
      digest,
      done.catch(() => {}),
    );
    return done;
  };

  return {
    stat: async (digest) => {
      // What nobody has stays free to be proposed: only a word that it is there is one.
      const found = await blobs.stat(digest);
      return found && hold(digest, () => blobs.stat(digest));
    },
    open: (digest) => blobs.open(digest),
    read: (digest, limitBytes) => blobs.read(digest, limitBytes),
    write: (bytes, digest) => hold(digest, () => blobs.write(bytes, digest)),
    startUpload: () => blobs.startUpload(),
    upload: (id) => blobs.upload(id),
    append: (id, offset, chunks) => blobs.append(id, offset, chunks),
    finish: (id, digest, last) => hold(digest, () => blobs.finish(id, digest, last)),
    abort: (id) => blobs.abort(id),
    uploads: () => blobs.uploads(),
    list: () => blobs.list(),
    delete: (digest) => blobs.delete(digest),
    ...(blobs.redirect && { redirect: (digest: string, lifetimeMs: number) => blobs.redirect!(digest, lifetimeMs) }),
    ...(blobs.compact && { compact: () => blobs.compact!() }),
    close: () => blobs.close(),

    async propose(digests, leaseMs) {
      const now = new Map<string, BlobStat>();
      proposed = now;
      const leased: string[] = [];
      for (const digest of digests) {
        const found = isLeased(digest, leaseMs) ? undefined : await blobs.stat(digest);
        if (isLeased(digest, leaseMs)) leased.push(digest);
        else if (found) now.set(digest, found);
      }
      return { accepted: [...now.values()], leased };
    },

    async collect(digests) {
      const removed: BlobStat[] = [];
      let failed = 0;
      for (const digest of digests) {
        const blob = proposed.get(digest);
        if (!blob || held.has(digest)) continue;
        proposed.delete(digest);
        try {
          await remove(digest);
          removed.push(blob);
        } catch {
          failed += 1;
        }
      }
      return { removed, failed };
    },

    async discard(digest) {
      while (removing.has(digest) || held.has(digest)) await (removing.get(digest) ?? clock.sleep(5));
      await remove(digest);
    },
  };
}

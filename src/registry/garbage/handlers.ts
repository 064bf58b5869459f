/** What a collector asks of the process that has the bytes. */
import type { ReplicaView } from '#store/replica-view.ts';
import type { BlobStat } from '../blob-store/blob-store.ts';
import type { LeasedBlobStore } from '../blob-store/leases.ts';
import { isReferenced } from './rules.ts';

/** Of blobs that are looked at for one answer. Larger: answers come later. */
const maxLooked = 5_000;
const maxFound = 500;

export interface SweepPart {
  /** No row names them, as far as this process knows. */
  readonly unreferenced: readonly BlobStat[];
  readonly lookedAt: number;
  readonly done: boolean;
}

export function createGarbageHandlers({
  blobs,
  view,
}: {
  readonly blobs: LeasedBlobStore;
  readonly view: ReplicaView;
}) {
  let sweep: AsyncIterator<BlobStat> | undefined;
  return {
    propose: ({ digests, leaseMs }: { readonly digests: readonly string[]; readonly leaseMs: number }) =>
      blobs.propose(digests, leaseMs),
    collect: ({ digests }: { readonly digests: readonly string[] }) => blobs.collect(digests),
    compact: async () => (await blobs.compact?.()) ?? 0,
    /** The next part of a walk over all blobs; `restart` begins a new one. */
    sweep: async ({ restart }: { readonly restart: boolean }): Promise<SweepPart> => {
      await view.ready;
      if (restart || !sweep) {
        void sweep?.return?.();
        sweep = blobs.list()[Symbol.asyncIterator]();
      }
      const walk = sweep;
      const unreferenced: BlobStat[] = [];
      for (let lookedAt = 0; ; lookedAt += 1) {
        if (lookedAt === maxLooked || unreferenced.length === maxFound) return { unreferenced, lookedAt, done: false };
        const next = await walk.next();
        if (next.done) {
          sweep = undefined;
          return { unreferenced, lookedAt, done: true };
        }
        if (!isReferenced(view, next.value.digest)) unreferenced.push(next.value);
      }
    },
  };
}

export type GarbageHandlers = ReturnType<typeof createGarbageHandlers>;

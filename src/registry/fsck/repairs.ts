/** What a check changes in the rows. Each change looks again: a push may have mended things meanwhile. */

import { isBlobInUse } from '#images/blob-promises.ts';
import { inRepository, linkBlob } from '#images/blobs.ts';
import type { Clock } from '#lib/clock.ts';
import type { Store } from '#store/store.ts';
import { images, imageTags, repositories, repositoryBlobs } from '#store/tables/ecr.ts';

export interface Repairs {
  /** No repository says any more that it has this blob; those to which it was pushed after the check began do. */
  unlinkLost(input: { readonly digest: string }): Promise<object>;
  setSize(input: { readonly key: string; readonly sizeBytes: number }): Promise<object>;
  link(input: { readonly repositoryArn: string; readonly digest: string; readonly sizeBytes: number }): Promise<object>;
  deleteTag(input: { readonly key: string; readonly digest: string }): Promise<object>;
}

/** `startedAt` is when the check began (epoch ms). */
export function createRepairs(deps: {
  readonly store: Store;
  readonly clock: Clock;
  readonly startedAt: number;
}): Repairs {
  const { store, clock, startedAt } = deps;
  const durably = async (change: () => void): Promise<object> => {
    change();
    await store.durable();
    return {};
  };
  return {
    unlinkLost: ({ digest }) =>
      durably(() =>
        store.transact((tx) => {
          for (const row of [...tx.find(repositoryBlobs, 'byDigest', digest)]) {
            if (row.createdAt < startedAt) tx.delete(repositoryBlobs, row.key);
          }
        }),
      ),
    setSize: ({ key, sizeBytes }) =>
      durably(() =>
        store.transact((tx) => {
          const row = tx.get(repositoryBlobs, key);
          if (row) tx.put(repositoryBlobs, { ...row, sizeBytes });
        }),
      ),
    link: (input) =>
      durably(() =>
        store.transact((tx) => {
          const key = inRepository(input.repositoryArn, input.digest);
          if (tx.get(repositories, input.repositoryArn) && isBlobInUse(tx, key)) linkBlob(tx, { clock }, input);
        }),
      ),
    deleteTag: ({ key, digest }) =>
      durably(() =>
        store.transact((tx) => {
          const tag = tx.get(imageTags, key);
          if (tag?.digest !== digest) return;
          if (!tx.get(images, inRepository(tag.repositoryArn, digest))) tx.delete(imageTags, key);
        }),
      ),
  };
}

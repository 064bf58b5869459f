/**
 * Sequence numbers of one instance's payloads and manifests: one counter for both, strictly increasing over the life of
 * the instance, crashes of the control plane included, because agents ignore a manifest that is not above the last
 * number they have seen. Numbers are reserved in blocks on the instance's row; a number is given out only when its
 * block is durable, and what is left of a block is thrown away with the session.
 */
import type { ContainerInstanceArn } from '#model/arn.ts';
import type { ContainerInstanceRow } from '#model/rows.ts';
import type { Store } from '#store/store.ts';
import { containerInstances } from '#store/tables/ecs.ts';

/** Higher: fewer row writes, more numbers lost with a session. Lower: a burst of payloads waits for the disk. */
const blockSize = 1_000;
/** The next block is reserved when fewer than these are left, so that it is durable before it is needed. */
const refillBelow = 250;

export class Sequence {
  readonly #store: Store;
  readonly #arn: ContainerInstanceArn;
  readonly #onAvailable: () => void;
  #blocks: { next: number; readonly last: number }[] = [];
  #reserving = false;

  constructor(store: Store, arn: ContainerInstanceArn, onAvailable: () => void) {
    this.#store = store;
    this.#arn = arn;
    this.#onAvailable = onAvailable;
  }

  /** The next number; undefined while none is durable: `onAvailable` is called when one is. */
  take(): number | undefined {
    if (this.#left() <= refillBelow) this.reserve();
    const block = this.#blocks[0];
    if (!block) return undefined;
    const number = block.next++;
    if (block.next > block.last) this.#blocks.shift();
    return number;
  }

  #left(): number {
    return this.#blocks.reduce((sum, block) => sum + block.last - block.next + 1, 0);
  }

  /** Writes a new block to the instance's row; its numbers are given out once that is durable. */
  reserve(): void {
    if (this.#reserving) return;
    const last = this.#store.transact((tx) => {
      if (!tx.get(containerInstances, this.#arn)) return undefined;
      const change = (row: ContainerInstanceRow) => ({ ...row, lastSequence: row.lastSequence + blockSize });
      return tx.update(containerInstances, this.#arn, change).lastSequence;
    });
    if (last === undefined) return;
    this.#reserving = true;
    this.#store.durable().then(
      () => {
        this.#reserving = false;
        this.#blocks.push({ next: last - blockSize + 1, last });
        this.#onAvailable();
      },
      // The store has failed and the process is about to end: no number may leave, and the link has nothing to add.
      () => undefined,
    );
  }
}

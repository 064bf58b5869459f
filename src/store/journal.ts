/**
 * Where committed changes become durable. The store hands over one batch at a time and waits for it; everything that
 * was committed meanwhile goes into the next (group commit). A batch is durable whole or not at all.
 */
export interface JournalChange {
  readonly table: string;
  readonly key: string;
  /** The row as JSON text; null deletes it. */
  readonly value: string | null;
}

export interface JournalBatch {
  /** Revision of the newest transaction in the batch; strictly increasing. */
  readonly revision: number;
  /** At most one change per table and key: the newest. */
  readonly changes: readonly JournalChange[];
}

export interface Journal {
  /** Calls `onRow` for every live row, then answers the revision of the newest durable batch (0 for an empty one). */
  load(onRow: (table: string, key: string, value: string) => void): Promise<number>;
  /** Resolves when the batch is on stable storage; rejects when it is not and never will be. */
  append(batch: JournalBatch): Promise<void>;
  close(): Promise<void>;
}

/** Keeps nothing: for pure in-memory uses such as placement dry runs and simulations that replay from a seed. */
export const volatileJournal = (): Journal => ({
  load: async () => 0,
  append: async () => {},
  close: async () => {},
});

/**
 * Where committed changes become durable. The store hands over one batch at a time and waits for it; everything that
 * was committed meanwhile goes into the next (group commit). A batch is durable whole or not at all.
 *
 * Order of use: `head` once, `load` once, then `append` again and again, then `close`. Every implementation passes
 * journals/journal.suite.ts.
 */
export interface JournalChange {
  /** Names the row for its life; above 0, given by the store, never to two rows at a time. */
  readonly id: number;
  readonly table: string;
  /** The row as JSON text; null deletes it. */
  readonly value: string | null;
}

export interface JournalBatch {
  /** Revision of the newest transaction in the batch; strictly increasing. */
  readonly revision: number;
  /** At most one change per id: the newest. */
  readonly changes: readonly JournalChange[];
  /** Given when the rows have a new shape from this batch on; becomes the head's. */
  readonly schemaVersion?: number;
}

export interface JournalHead {
  /** Of the newest durable batch; 0 before the first. */
  readonly revision: number;
  /** Shape of the rows, as the newest batch that gave one said; 0 before the first. */
  readonly schemaVersion: number;
}

export interface Journal {
  head(): Promise<JournalHead>;
  /** Calls `onRow` for every live row, in no particular order. Rejects with what `onRow` throws. */
  load(onRow: (id: number, table: string, value: string) => void): Promise<void>;
  /**
   * Resolves when the batch is on stable storage. Rejects when that is not certain; the journal then takes nothing
   * more, and what became of that one batch shows at the next start.
   */
  append(batch: JournalBatch): Promise<void>;
  /** Gives up the storage for another process to open. Calling it again does nothing. */
  close(): Promise<void>;
}

export const journalErrorCodes = [
  'LOCKED',
  'CORRUPT',
  'FOREIGN',
  'NEWER',
  'READ_ONLY',
  'DISK_FULL',
  'UNREACHABLE',
  'CLOSED',
  'FAILED',
] as const;
export type JournalErrorCode = (typeof journalErrorCodes)[number];

/** Why durable storage cannot be used, in words for the person who runs it. */
export class JournalError extends Error {
  override readonly name = 'JournalError';
  readonly code: JournalErrorCode;

  constructor(code: JournalErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

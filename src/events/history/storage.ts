/**
 * Where history lies: append-only records of tasks and services, outside the store, because they only grow. An entity is
 * addressed by its ARN and remembers a mark: what of its row was recorded last, in the words of whoever records.
 *
 * - `append` resolves when the whole batch, with its marks and its revision, is on stable storage; after a crash all of
 *   it is there or none of it.
 * - Records of an entity are answered in the order in which they were appended.
 */
export interface NewRecord {
  readonly arn: string;
  /** Of a task: the ARN of its service, so that a service's tasks are found. */
  readonly parent?: string | undefined;
  /** Epoch milliseconds. */
  readonly at: number;
  /** When given, a second record of the entity with the same source is dropped. */
  readonly source?: string | undefined;
  /** The entity's new mark; without one the old stays. */
  readonly mark?: string | undefined;
  /** Nothing more is expected of the entity; retention may take all of it. */
  readonly ended?: boolean | undefined;
  /** What happened, as text; without one only the mark moves. */
  readonly body?: string | undefined;
}

export interface StoredRecord {
  /** Grows along an entity's history. */
  readonly id: number;
  readonly at: number;
  readonly body: string;
}

export interface ReadOptions {
  /** At most so many. */
  readonly limit: number;
  readonly newestFirst?: boolean;
  /** Only what comes after this record, in the order asked for. */
  readonly afterId?: number;
}

export interface Retention {
  /** Records older than this go, when their entity has ended or keeps its state in its mark. */
  readonly maxAgeMs: number;
  /** Above this size the oldest records go, whatever their age. */
  readonly maxBytes: number;
}

export interface Expired {
  readonly removed: number;
  /** More is due: call again. */
  readonly more: boolean;
}

export interface HistoryStorage {
  /** The store's revision up to which everything is recorded; 0 before the first. */
  revision(): Promise<number>;
  /** With a `revision`: everything up to it is now recorded. */
  append(revision: number | undefined, records: readonly NewRecord[]): Promise<void>;
  /** The marks of entities, in the order asked; null for those that are not known. */
  marks(arns: readonly string[]): Promise<readonly (string | null)[]>;
  read(arn: string, options: ReadOptions): Promise<readonly StoredRecord[]>;
  /** ARNs of the entities whose parent it is, newest first, from `afterId` on. */
  children(parent: string, options: ReadOptions): Promise<readonly { readonly id: number; readonly arn: string }[]>;
  /** Removes a bounded number of records that are due; `beforeMs` in epoch milliseconds. */
  expire(beforeMs: number, maxBytes: number): Promise<Expired>;
  close(): Promise<void>;
}

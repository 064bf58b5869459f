/**
 * Takes committed change sets to the journal, in order, one batch at a time: whatever was committed while a batch was on
 * its way forms the next, and every row is in it once, as its newest transaction left it. A batch ends where a
 * transaction ends, so no transaction is ever durable in part.
 *
 * The first failed append is the last: nothing that was committed after it may become durable.
 */
import type { Journal, JournalChange } from './journal.ts';
import type { MemoryTable } from './memory-table.ts';
import type { ChangeSet } from './view.ts';

/**
 * Changes after which a batch is closed; a longer transaction goes whole. Higher: a reply that came in during a bulk
 * write waits longer for its batch; lower: more commits for the same rows.
 */
const maxBatchChanges = 2000;

interface Waiter {
  readonly revision: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class GroupCommit {
  readonly #journal: Journal;
  readonly #tables: ReadonlyMap<string, MemoryTable<unknown>>;
  readonly #onDurable: (set: ChangeSet) => void;
  #durableRevision: number;
  #lastId: number;
  /** Sets that are not in a batch yet, oldest first. */
  #queue: ChangeSet[] = [];
  #backlog = 0;
  #waiters: Waiter[] = [];
  #writing = false;
  #failure: Error | undefined;
  #reportFailure!: (error: Error) => void;
  readonly failed: Promise<Error>;

  constructor(options: {
    readonly journal: Journal;
    readonly tables: ReadonlyMap<string, MemoryTable<unknown>>;
    readonly revision: number;
    readonly lastId: number;
    readonly onDurable: (set: ChangeSet) => void;
  }) {
    this.#journal = options.journal;
    this.#tables = options.tables;
    this.#onDurable = options.onDurable;
    this.#durableRevision = options.revision;
    this.#lastId = options.lastId;
    this.failed = new Promise((resolve) => {
      this.#reportFailure = resolve;
    });
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Changes that are committed but not durable. */
  get backlog(): number {
    return this.#backlog;
  }

  add(set: ChangeSet): void {
    this.#queue.push(set);
    this.#backlog += set.changes.length;
    if (this.#writing) return;
    this.#writing = true;
    queueMicrotask(() => void this.#writeAll());
  }

  durable(revision: number): Promise<void> {
    if (revision <= this.#durableRevision) return Promise.resolve();
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => this.#waiters.push({ revision, resolve, reject }));
  }

  async #writeAll(): Promise<void> {
    while (this.#queue.length > 0) {
      const sets = this.#takeBatch();
      const { revision } = sets.at(-1)!;
      try {
        await this.#journal.append({ revision, changes: this.#encode(sets) });
      } catch (error) {
        this.#fail(new Error('the journal cannot be written; the store has stopped', { cause: error }));
        return;
      }
      this.#durableRevision = revision;
      for (const set of sets) this.#backlog -= set.changes.length;
      this.#release();
      for (const set of sets) this.#onDurable(set);
    }
    this.#writing = false;
  }

  #takeBatch(): ChangeSet[] {
    let count = 0;
    let size = 0;
    while (count < this.#queue.length && size < maxBatchChanges) size += this.#queue[count++]!.changes.length;
    return this.#queue.splice(0, count);
  }

  #encode(sets: readonly ChangeSet[]): JournalChange[] {
    const newest = new Map<string, Map<string, unknown>>();
    for (const { changes } of sets) {
      for (const { table, key, after } of changes) {
        const rows = newest.get(table);
        if (rows) rows.set(key, after);
        else newest.set(table, new Map([[key, after]]));
      }
    }
    const changes: JournalChange[] = [];
    for (const [table, rows] of newest) {
      const { ids } = this.#tables.get(table)!;
      for (const [key, row] of rows) {
        let id = ids.get(key);
        if (row !== undefined) {
          if (id === undefined) {
            id = ++this.#lastId;
            ids.set(key, id);
          }
          changes.push({ id, table, value: JSON.stringify(row) });
        } else if (id !== undefined) {
          ids.delete(key);
          changes.push({ id, table, value: null });
        }
      }
    }
    return changes;
  }

  #release(): void {
    const waiting = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiting) {
      if (waiter.revision <= this.#durableRevision) waiter.resolve();
      else this.#waiters.push(waiter);
    }
  }

  #fail(error: Error): void {
    this.#failure = error;
    this.#queue = [];
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
    this.#reportFailure(error);
  }
}

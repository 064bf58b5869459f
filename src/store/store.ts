/**
 * The store: typed tables in memory, a durable journal behind them, and a change feed. It is the only meeting place of
 * the rooms.
 *
 * - `transact(fn)` runs a synchronous function; nothing can be awaited in it, so transactions are serialisable. When it
 *   throws, everything it did is undone.
 * - Changed rows go to the journal in batches (group commit). `durable(revision)` resolves when a revision is on stable
 *   storage. A `Session` remembers what one request has read and written, so that its reply leaves only when all of it
 *   is durable.
 * - The feed calls 'committed' listeners right after each transaction and 'durable' listeners once it is on stable
 *   storage. Effects that leave the process (a payload to an agent, a reply) hang on 'durable'.
 * - When the journal fails the store stops for good: memory would be ahead of the disk. `failed` settles, every wait
 *   rejects, transactions are refused; the process ends and starts again from what is durable.
 *
 * Rows are immutable by agreement: a change is a new object.
 */
import type { Journal, JournalChange } from './journal.ts';
import { MemoryTable } from './memory-table.ts';
import type { Table } from './table.ts';

// biome-ignore lint/suspicious/noExplicitAny: a table of whatever row type
type AnyTable = Table<any>;

export interface Change {
  readonly table: string;
  readonly key: string;
  readonly before: unknown;
  readonly after: unknown;
}

export interface ChangeSet {
  readonly revision: number;
  readonly changes: readonly Change[];
}

/** The rows of a table's change, typed; undefined when the change is of another table. */
export function changeOf<R>(table: Table<R>, change: Change): { before?: R; after?: R; key: string } | undefined {
  if (change.table !== table.name) return undefined;
  return { key: change.key, before: change.before as R | undefined, after: change.after as R | undefined };
}

export interface View {
  get<R>(table: Table<R>, key: string): R | undefined;
  /** Rows under an index's value, in key order, after `after` when given. Do not change the table while walking it. */
  find<R, I extends string>(table: Table<R, I>, index: I, value: string, after?: string): Iterable<R>;
  /** How many rows an index holds under a value, in constant time. */
  count<R, I extends string>(table: Table<R, I>, index: I, value: string): number;
  /** Every row in key order, after `after` when given. */
  all<R>(table: Table<R>, after?: string): Iterable<R>;
  /** Sums of a group, in constant time; all zero for an unknown group. */
  sum<R, S extends string>(table: Table<R, string, S>, name: S, group: string): Record<string, number>;
}

export interface Tx extends View {
  /** Throws when the key is taken. */
  insert<R>(table: Table<R>, row: R): R;
  /** Inserts or replaces. */
  put<R>(table: Table<R>, row: R): R;
  /** Replaces with `change(row)`; throws when there is no such row. The key must stay. */
  update<R>(table: Table<R>, key: string, change: (row: R) => R): R;
  delete<R>(table: Table<R>, key: string): void;
}

export type ChangeListener = (set: ChangeSet) => void;

interface Waiter {
  readonly revision: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class Store implements View {
  readonly #tables = new Map<string, MemoryTable<unknown>>();
  /** Revision at which a table last changed: what a reader of it has to wait for. */
  readonly #tableRevisions = new Map<string, number>();
  readonly #journal: Journal;
  readonly #listeners: { committed: Set<ChangeListener>; durable: Set<ChangeListener> } = {
    committed: new Set(),
    durable: new Set(),
  };
  readonly #onListenerError: (error: unknown) => void;
  #revision = 0;
  #durableRevision = 0;
  #waiters: Waiter[] = [];
  #pending = new Map<string, { table: MemoryTable<unknown>; key: string }>();
  #pendingSets: ChangeSet[] = [];
  #writing = false;
  #inTransaction = false;
  #failure: Error | undefined;
  #reportFailure!: (error: Error) => void;
  /** Resolves with the error when the journal fails; the process must then end. */
  readonly failed: Promise<Error>;

  private constructor(journal: Journal, tables: readonly AnyTable[], onListenerError: (error: unknown) => void) {
    this.#journal = journal;
    this.#onListenerError = onListenerError;
    for (const table of tables) this.#tables.set(table.name, new MemoryTable(table));
    this.failed = new Promise((resolve) => {
      this.#reportFailure = resolve;
    });
  }

  /** Loads every durable row. Rows of tables that are not in `tables` are an error: an older Slipway on newer data. */
  static async open(options: {
    readonly journal: Journal;
    readonly tables: readonly AnyTable[];
    readonly onListenerError?: (error: unknown) => void;
  }): Promise<Store> {
    const rethrow = (error: unknown) =>
      queueMicrotask(() => {
        throw error;
      });
    const store = new Store(options.journal, options.tables, options.onListenerError ?? rethrow);
    store.#revision = await options.journal.load((name, key, value) => {
      const table = store.#tables.get(name);
      if (!table) throw new Error(`the journal holds rows of an unknown table: ${name}`);
      table.set(key, JSON.parse(value));
    });
    store.#durableRevision = store.#revision;
    return store;
  }

  get revision(): number {
    return this.#revision;
  }

  #table<R>(table: Table<R>): MemoryTable<R> {
    const found = this.#tables.get(table.name);
    if (!found) throw new Error(`unknown table: ${table.name}`);
    return found as MemoryTable<R>;
  }

  get<R>(table: Table<R>, key: string): R | undefined {
    return this.#table(table).rows.get(key);
  }

  *#walk<R>(table: MemoryTable<R>, keys: Iterable<string>): Generator<R> {
    for (const key of keys) yield table.rows.get(key)!;
  }

  find<R, I extends string>(table: Table<R, I>, index: I, value: string, after?: string): Iterable<R> {
    const memory = this.#table(table as unknown as Table<R>);
    return this.#walk(memory, memory.keys(index, value)?.from(after) ?? []);
  }

  count<R, I extends string>(table: Table<R, I>, index: I, value: string): number {
    return this.#table(table as unknown as Table<R>).keys(index, value)?.size ?? 0;
  }

  all<R>(table: Table<R>, after?: string): Iterable<R> {
    const memory = this.#table(table);
    return this.#walk(memory, memory.keys()!.from(after));
  }

  sum<R, S extends string>(table: Table<R, string, S>, name: S, group: string): Record<string, number> {
    return this.#table(table as unknown as Table<R>).sum(name, group);
  }

  /** The revision that a reader of `table` has seen. */
  tableRevision(table: string): number {
    return this.#tableRevisions.get(table) ?? 0;
  }

  transact<T>(fn: (tx: Tx) => T): T {
    if (this.#failure) throw this.#failure;
    if (this.#inTransaction) throw new Error('transactions do not nest');
    this.#inTransaction = true;
    const changes: Change[] = [];
    const write = <R>(table: Table<R>, key: string, row: R | undefined): void => {
      const before = this.#table(table).set(key, row);
      if (before !== undefined || row !== undefined) changes.push({ table: table.name, key, before, after: row });
    };
    try {
      const result = fn(this.#transaction(write));
      if (result instanceof Promise) throw new Error('a transaction must be synchronous');
      this.#inTransaction = false;
      if (changes.length > 0) this.#commit(changes);
      return result;
    } catch (error) {
      if (this.#inTransaction) {
        for (const change of changes.reverse()) this.#tables.get(change.table)!.set(change.key, change.before);
        this.#inTransaction = false;
      }
      throw error;
    }
  }

  #transaction(write: <R>(table: Table<R>, key: string, row: R | undefined) => void): Tx {
    return {
      get: (table, key) => this.get(table, key),
      find: (table, index, value, after) => this.find(table, index, value, after),
      count: (table, index, value) => this.count(table, index, value),
      all: (table, after) => this.all(table, after),
      sum: (table, name, group) => this.sum(table, name, group),
      insert: (table, row) => {
        const key = table.key(row);
        if (this.get(table, key) !== undefined) throw new Error(`${table.name} has a row ${key} already`);
        write(table, key, row);
        return row;
      },
      put: (table, row) => {
        write(table, table.key(row), row);
        return row;
      },
      update: (table, key, change) => {
        const before = this.get(table, key);
        if (before === undefined) throw new Error(`${table.name} has no row ${key}`);
        const after = change(before);
        if (table.key(after) !== key) throw new Error(`an update of ${table.name} changed the key ${key}`);
        if (after !== before) write(table, key, after);
        return after;
      },
      delete: (table, key) => write(table, key, undefined),
    };
  }

  #commit(changes: readonly Change[]): void {
    this.#revision += 1;
    for (const change of changes) {
      this.#tableRevisions.set(change.table, this.#revision);
      const id = `${change.table} ${change.key}`;
      this.#pending.set(id, { table: this.#tables.get(change.table)!, key: change.key });
    }
    const set: ChangeSet = { revision: this.#revision, changes };
    this.#pendingSets.push(set);
    if (!this.#writing) {
      this.#writing = true;
      queueMicrotask(() => void this.#write());
    }
    this.#emit('committed', set);
  }

  #emit(when: 'committed' | 'durable', set: ChangeSet): void {
    for (const listener of this.#listeners[when]) {
      try {
        listener(set);
      } catch (error) {
        this.#onListenerError(error);
      }
    }
  }

  async #write(): Promise<void> {
    while (this.#pending.size > 0 && !this.#failure) {
      const revision = this.#revision;
      const sets = this.#pendingSets;
      const changes: JournalChange[] = [];
      for (const { table, key } of this.#pending.values()) {
        const row = table.rows.get(key);
        changes.push({ table: table.definition.name, key, value: row === undefined ? null : JSON.stringify(row) });
      }
      this.#pending = new Map();
      this.#pendingSets = [];
      try {
        await this.#journal.append({ revision, changes });
      } catch (error) {
        this.#fail(new Error('the journal cannot be written; the store has stopped', { cause: error }));
        return;
      }
      this.#durableRevision = revision;
      this.#release();
      for (const set of sets) this.#emit('durable', set);
    }
    this.#writing = false;
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
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
    this.#reportFailure(error);
  }

  /** Resolves when `revision` (by default: everything committed so far) is on stable storage. */
  durable(revision: number = this.#revision): Promise<void> {
    if (revision <= this.#durableRevision) return Promise.resolve();
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => this.#waiters.push({ revision, resolve, reject }));
  }

  /** Answers a function that ends the subscription. */
  subscribe(when: 'committed' | 'durable', listener: ChangeListener): () => void {
    this.#listeners[when].add(listener);
    return () => this.#listeners[when].delete(listener);
  }

  session(): Session {
    return new Session(this);
  }

  /** Waits for what is committed to be durable, then closes the journal. */
  async close(): Promise<void> {
    await this.durable().catch(() => {});
    this.#failure ??= new Error('the store is closed');
    await this.#journal.close();
  }
}

/** The store as one request sees it: reads and writes pass through, and `durable` waits for all that they touched. */
export class Session implements View {
  readonly #store: Store;
  #needed = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  #read(table: { readonly name: string }): Store {
    const revision = this.#store.tableRevision(table.name);
    if (revision > this.#needed) this.#needed = revision;
    return this.#store;
  }

  get<R>(table: Table<R>, key: string): R | undefined {
    return this.#read(table).get(table, key);
  }
  find<R, I extends string>(table: Table<R, I>, index: I, value: string, after?: string): Iterable<R> {
    return this.#read(table).find(table, index, value, after);
  }
  count<R, I extends string>(table: Table<R, I>, index: I, value: string): number {
    return this.#read(table).count(table, index, value);
  }
  all<R>(table: Table<R>, after?: string): Iterable<R> {
    return this.#read(table).all(table, after);
  }
  sum<R, S extends string>(table: Table<R, string, S>, name: S, group: string): Record<string, number> {
    return this.#read(table).sum(table, name, group);
  }

  /** As Store.transact; the reply then waits for everything committed up to here, which covers what it read. */
  transact<T>(fn: (tx: Tx) => T): T {
    try {
      return this.#store.transact(fn);
    } finally {
      this.#needed = this.#store.revision;
    }
  }

  /** Resolves when all that this session has read and written is on stable storage. */
  durable(): Promise<void> {
    return this.#store.durable(this.#needed);
  }
}

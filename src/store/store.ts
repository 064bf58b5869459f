/**
 * The store: typed tables in memory, a durable journal behind them, and a change feed. It is the only meeting place of
 * the rooms.
 *
 * - `transact(fn)` runs a synchronous function; nothing can be awaited in it, so transactions are serialisable. When it
 *   throws, everything it did is undone.
 * - Changed rows go to the journal in batches (group commit). `durable(revision)` resolves when a revision is on stable
 *   storage. A `Session` remembers what one request has read and written, so that its reply leaves only when all of it
 *   is durable.
 * - The feed calls 'committed' listeners after each transaction and 'durable' listeners once it is on stable storage,
 *   both in the order of revisions. Effects that leave the process (a payload to an agent, a reply) hang on 'durable'.
 * - When the journal fails the store stops for good: memory would be ahead of the disk. `failed` resolves, every wait
 *   rejects, transactions are refused; the process ends and starts again from what is durable.
 *
 * Rows are immutable by agreement: a change is a new object.
 */
import { type Derivation, Derivations } from './derivation.ts';
import { GroupCommit } from './group-commit.ts';
import type { Journal } from './journal.ts';
import { loadTables } from './load.ts';
import { MemoryTable } from './memory-table.ts';
import { type Migration, migrations } from './migrations.ts';
import { Session } from './session.ts';
import type { Table } from './table.ts';
import type { Change, ChangeListener, ChangeSet, Tx, View } from './view.ts';

export type { Derivation } from './derivation.ts';
export { Session } from './session.ts';
export type { Change, ChangeListener, ChangeSet, Tx, View } from './view.ts';

// biome-ignore lint/suspicious/noExplicitAny: a table of whatever row type
type AnyTable = Table<any>;

export interface StoreOptions {
  readonly journal: Journal;
  readonly tables: readonly AnyTable[];
  /** By default those of Slipway's own tables. */
  readonly migrations?: readonly Migration[];
  /** Gets what a listener of the feed threw; by default it ends the process. */
  readonly onListenerError?: (error: unknown) => void;
  /** Changes that may wait for the journal before transactions are refused; by default 1,000,000. */
  readonly maxBacklog?: number;
}

/** The rows of a table's change, typed; undefined when the change is of another table. */
export function changeOf<R>(table: Table<R>, change: Change): { before?: R; after?: R; key: string } | undefined {
  if (change.table !== table.name) return undefined;
  return { key: change.key, before: change.before as R | undefined, after: change.after as R | undefined };
}

const throwLater = (error: unknown) =>
  queueMicrotask(() => {
    throw error;
  });

export class Store implements View {
  readonly #tables: ReadonlyMap<string, MemoryTable<unknown>>;
  /** Revision at which a table last changed: what a reader of it has to wait for. */
  readonly #tableRevisions = new Map<string, number>();
  readonly #derivations: Derivations;
  /** What replies wait for besides durability: other processes that follow tables of ours. */
  readonly #gates = new Set<(revision: number) => Promise<void> | undefined>();
  readonly #listeners = { committed: new Set<ChangeListener>(), durable: new Set<ChangeListener>() };
  readonly #journal: Journal;
  readonly #groupCommit: GroupCommit;
  readonly #onListenerError: (error: unknown) => void;
  readonly #maxBacklog: number;
  #revision: number;
  #inTransaction = false;
  /** Committed sets that listeners have not seen yet; filled by listeners that write. */
  readonly #unseen: ChangeSet[] = [];
  #closing: Promise<void> | undefined;
  /** Resolves with the error when the journal fails; the process must then end. */
  readonly failed: Promise<Error>;

  private constructor(
    options: StoreOptions,
    tables: ReadonlyMap<string, MemoryTable<unknown>>,
    loaded: { readonly revision: number; readonly lastId: number },
  ) {
    this.#tables = tables;
    this.#journal = options.journal;
    this.#onListenerError = options.onListenerError ?? throwLater;
    this.#derivations = new Derivations(tables, (error) => this.#reportListenerError(error));
    this.#maxBacklog = options.maxBacklog ?? 1_000_000;
    this.#revision = loaded.revision;
    this.#groupCommit = new GroupCommit({
      journal: options.journal,
      tables,
      ...loaded,
      onDurable: (set) => this.#emit('durable', set),
    });
    this.failed = this.#groupCommit.failed;
  }

  /**
   * Loads every durable row, migrated to today's shape; what a migration changed is durable before this resolves. Data
   * of a newer Slipway, rows of unknown tables and unreadable rows are refused, and nothing is written. The store owns
   * the journal from here on and closes it when it cannot open.
   */
  static async open(options: StoreOptions): Promise<Store> {
    const tables = new Map<string, MemoryTable<unknown>>();
    for (const table of options.tables) tables.set(table.name, new MemoryTable(table));
    try {
      return new Store(options, tables, await loadTables(options.journal, tables, options.migrations ?? migrations));
    } catch (error) {
      await Promise.allSettled([options.journal.close()]);
      throw error;
    }
  }

  get revision(): number {
    return this.#revision;
  }

  /** Changes that are committed but not yet durable. */
  get backlog(): number {
    return this.#groupCommit.backlog;
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

  derived<T>(derivation: Derivation<T>): T {
    return this.#derivations.get(derivation);
  }

  /** The revision that a reader of `table` has seen. */
  tableRevision(table: string): number {
    return this.#tableRevisions.get(table) ?? 0;
  }

  /**
   * Runs `fn`, commits what it wrote and answers what it answered; when it throws, nothing has happened. Refused in a
   * transaction, after a failure of the journal, after `close`, and when the journal is `maxBacklog` changes behind.
   */
  transact<T>(fn: (tx: Tx) => T): T {
    this.#refuseWhenImpossible();
    const changes: Change[] = [];
    let result: T;
    this.#inTransaction = true;
    try {
      result = fn(this.#transaction(changes));
      if (typeof (result as PromiseLike<unknown> | undefined)?.then === 'function') {
        throw new Error('a transaction must be synchronous');
      }
    } catch (error) {
      for (const change of changes.reverse()) this.#tables.get(change.table)!.set(change.key, change.before);
      throw error;
    } finally {
      this.#inTransaction = false;
      Object.freeze(changes);
    }
    if (changes.length > 0) this.#commit(changes);
    return result;
  }

  #refuseWhenImpossible(): void {
    if (this.#groupCommit.failure) throw this.#groupCommit.failure;
    if (this.#closing) throw new Error('the store is closed');
    if (this.#inTransaction) throw new Error('transactions do not nest');
    if (this.backlog >= this.#maxBacklog) {
      throw new Error(`the journal is ${this.backlog} changes behind; nothing more is taken until it catches up`);
    }
  }

  /** `changes` is frozen when the transaction ends, which is how a late use is told. */
  #transaction(changes: Change[]): Tx {
    const write = <R>(table: Table<R>, key: string, row: R | undefined): void => {
      if (Object.isFrozen(changes)) throw new Error('the transaction has ended');
      const before = this.#table(table).set(key, row);
      if (before !== undefined || row !== undefined) changes.push({ table: table.name, key, before, after: row });
    };
    return {
      get: (table, key) => this.get(table, key),
      find: (table, index, value, after) => this.find(table, index, value, after),
      count: (table, index, value) => this.count(table, index, value),
      all: (table, after) => this.all(table, after),
      sum: (table, name, group) => this.sum(table, name, group),
      derived: (derivation) => this.derived(derivation),
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
    for (const change of changes) this.#tableRevisions.set(change.table, this.#revision);
    const set: ChangeSet = { revision: this.#revision, changes };
    this.#groupCommit.add(set);
    if (this.#listeners.committed.size === 0) return;
    this.#unseen.push(set);
    if (this.#unseen.length > 1) return;
    for (; this.#unseen.length > 0; this.#unseen.shift()) this.#emit('committed', this.#unseen[0]!);
  }

  #emit(when: 'committed' | 'durable', set: ChangeSet): void {
    for (const listener of [...this.#listeners[when]]) {
      try {
        listener(set);
      } catch (error) {
        this.#reportListenerError(error);
      }
    }
  }

  #reportListenerError(error: unknown): void {
    try {
      this.#onListenerError(error);
    } catch (second) {
      throwLater(second);
    }
  }

  /** Resolves when `revision` (by default: everything committed so far) is on stable storage. */
  durable(revision: number = this.#revision): Promise<void> {
    return this.#groupCommit.durable(revision);
  }

  /**
   * Lets the replies of sessions wait for more than durability: `gate` answers undefined when there is nothing to wait for
   * at a revision, which must cost next to nothing. Answers a function that takes it away.
   */
  addGate(gate: (revision: number) => Promise<void> | undefined): () => void {
    this.#gates.add(gate);
    return () => this.#gates.delete(gate);
  }

  /** Resolves when `revision` is durable and every gate has let it through. */
  async settled(revision: number): Promise<void> {
    await this.durable(revision);
    for (const gate of this.#gates) {
      const wait = gate(revision);
      if (wait) await wait;
    }
  }

  /** Answers a function that ends the subscription. */
  subscribe(when: 'committed' | 'durable', listener: ChangeListener): () => void {
    this.#listeners[when].add(listener);
    return () => this.#listeners[when].delete(listener);
  }

  session(): Session {
    return new Session(this);
  }

  /** Takes no more transactions, waits for what is committed to be durable, then closes the journal. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.allSettled([this.durable()]);
    await this.#journal.close();
  }
}

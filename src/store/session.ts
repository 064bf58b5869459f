import type { Derivation } from './derivation.ts';
import type { Store } from './store.ts';
import type { Table } from './table.ts';
import type { Tx, View } from './view.ts';

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

  /** A walk may be put off or drawn out, so what it saw is known only along the way. */
  *#walk<R>(table: { readonly name: string }, rows: Iterable<R>): Generator<R> {
    for (const row of rows) {
      this.#read(table);
      yield row;
    }
    this.#read(table);
  }

  get<R>(table: Table<R>, key: string): R | undefined {
    return this.#read(table).get(table, key);
  }

  find<R, I extends string>(table: Table<R, I>, index: I, value: string, after?: string): Iterable<R> {
    return this.#walk(table, this.#store.find(table, index, value, after));
  }

  count<R, I extends string>(table: Table<R, I>, index: I, value: string): number {
    return this.#read(table).count(table, index, value);
  }

  all<R>(table: Table<R>, after?: string): Iterable<R> {
    return this.#walk(table, this.#store.all(table, after));
  }

  sum<R, S extends string>(table: Table<R, string, S>, name: S, group: string): Record<string, number> {
    return this.#read(table).sum(table, name, group);
  }

  derived<T>(derivation: Derivation<T>): T {
    for (const table of derivation.tables) this.#read(table);
    return this.#store.derived(derivation);
  }

  /** As Store.transact; the reply then waits for everything committed up to here, which covers what it read. */
  transact<T>(fn: (tx: Tx) => T): T {
    try {
      return this.#store.transact(fn);
    } finally {
      this.#needed = this.#store.revision;
    }
  }

  /** Resolves when all that this session has read and written is on stable storage, and where tables are followed. */
  durable(): Promise<void> {
    return this.#store.settled(this.#needed);
  }
}

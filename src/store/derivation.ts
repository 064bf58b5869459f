/**
 * Structures that are derived from rows, for questions that indexes and sums cannot answer. `view.derived(derivation)`
 * makes one from the rows that are there, on first use, and from then on it hears of every change at once: within the
 * transaction, before the writer goes on, and again the other way round when the transaction is undone. So it agrees with the rows
 * at every moment, also for a reader in the transaction; like an index it is never written.
 *
 * A derivation that throws in `apply` can no longer be trusted: it is dropped, the error goes to `onListenerError`, and the
 * next use makes it anew.
 */
import type { MemoryTable } from './memory-table.ts';
import type { Table } from './table.ts';
import type { Change } from './view.ts';

export interface Derivation<T> {
  /** Whose rows it follows; on first use they are told table by table, in this order. */
  // biome-ignore lint/suspicious/noExplicitAny: tables of whatever row types
  readonly tables: readonly Table<any>[];
  /** An empty one. */
  readonly make: () => T;
  /** Takes note of one change; `changeOf` types it. Synchronous, must not use the store. */
  readonly apply: (derived: T, change: Change) => void;
}

export class Derivations {
  readonly #tables: ReadonlyMap<string, MemoryTable<unknown>>;
  readonly #onError: (error: unknown) => void;
  readonly #made = new Map<Derivation<unknown>, unknown>();

  constructor(tables: ReadonlyMap<string, MemoryTable<unknown>>, onError: (error: unknown) => void) {
    this.#tables = tables;
    this.#onError = onError;
  }

  get<T>(derivation: Derivation<T>): T {
    const known = this.#made.get(derivation as Derivation<unknown>);
    if (known !== undefined) return known as T;
    const derived = derivation.make();
    const followed = derivation.tables.map((definition) => {
      const table = this.#tables.get(definition.name);
      if (!table) throw new Error(`unknown table: ${definition.name}`);
      return table;
    });
    for (const { definition, rows } of followed) {
      for (const [key, after] of rows)
        derivation.apply(derived, { table: definition.name, key, before: undefined, after });
    }
    const follow = (change: Change) => {
      try {
        derivation.apply(derived, change);
      } catch (error) {
        this.#made.delete(derivation as Derivation<unknown>);
        for (const table of followed) table.followers = table.followers.filter((follower) => follower !== follow);
        this.#onError(error);
      }
    };
    for (const table of followed) table.followers = [...table.followers, follow];
    this.#made.set(derivation as Derivation<unknown>, derived);
    return derived;
  }
}

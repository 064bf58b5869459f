/** What a reader and a writer of the store may do, and what the change feed carries. */
import type { Derivation } from './derivation.ts';
import type { Table } from './table.ts';

export interface Change {
  readonly table: string;
  readonly key: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** What one transaction changed, in the order in which it did; a row that was written twice is there twice. */
export interface ChangeSet {
  readonly revision: number;
  readonly changes: readonly Change[];
}

export type ChangeListener = (set: ChangeSet) => void;

export interface View {
  get<R>(table: Table<R>, key: string): R | undefined;
  /**
   * Rows under an index's value, in key order (UTF-16 code units), after `after` when given. The table may change
   * during the walk: rows that are there all the time come exactly once, removed ones no more, new ones perhaps.
   */
  find<R, I extends string>(table: Table<R, I>, index: I, value: string, after?: string): Iterable<R>;
  /** How many rows an index holds under a value, in constant time. */
  count<R, I extends string>(table: Table<R, I>, index: I, value: string): number;
  /** Every row in key order, after `after` when given; the table may change during the walk, as with `find`. */
  all<R>(table: Table<R>, after?: string): Iterable<R>;
  /** Sums of a group, in constant time; all zero for an unknown group. */
  sum<R, S extends string>(table: Table<R, string, S>, name: S, group: string): Record<string, number>;
  /** The structure that follows rows as `derivation` says; made on first use. Not to be changed by its readers. */
  derived<T>(derivation: Derivation<T>): T;
}

/** Usable only until the transaction's function returns; later use throws. */
export interface Tx extends View {
  /** Throws when the key is taken. */
  insert<R>(table: Table<R>, row: R): R;
  /** Inserts or replaces. */
  put<R>(table: Table<R>, row: R): R;
  /** Replaces with `change(row)`; throws when there is no such row. The key must stay. */
  update<R>(table: Table<R>, key: string, change: (row: R) => R): R;
  /** Does nothing when there is no such row. */
  delete<R>(table: Table<R>, key: string): void;
}

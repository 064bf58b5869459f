/**
 * A table is data: how rows are keyed, which secondary indexes find them, which sums are kept of them. Indexes and sums
 * are derived in memory from the rows and never written to the journal, so they cannot drift.
 */
export interface TableDefinition<R> {
  readonly name: string;
  readonly key: (row: R) => string;
  /** Name → the value(s) under which a row is found; undefined leaves the row out. */
  readonly indexes: Readonly<Record<string, (row: R) => string | readonly string[] | undefined>>;
  /** Name → group and measures. `store.sum(table, name, group)` answers the sums of a group's rows in constant time. */
  readonly sums: Readonly<Record<string, SumDefinition<R>>>;
}

export interface SumDefinition<R> {
  readonly group: (row: R) => string | undefined;
  readonly measures: Readonly<Record<string, (row: R) => number>>;
}

export interface Table<R, I extends string = string, S extends string = string> extends TableDefinition<R> {
  readonly indexes: Readonly<Record<I, (row: R) => string | readonly string[] | undefined>>;
  readonly sums: Readonly<Record<S, SumDefinition<R>>>;
}

/** `table<ClusterRow>()({ name, key, indexes, sums })` keeps the names of indexes and sums in the type. */
export const table =
  <R>() =>
  <const I extends string, const S extends string>(definition: {
    readonly name: string;
    readonly key: (row: R) => string;
    readonly indexes: Readonly<Record<I, (row: R) => string | readonly string[] | undefined>>;
    readonly sums?: Readonly<Record<S, SumDefinition<R>>>;
  }): Table<R, I, S> => ({ sums: {} as Readonly<Record<S, SumDefinition<R>>>, ...definition });

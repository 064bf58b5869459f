/**
 * One table in memory: rows by key, secondary indexes as sorted key sets, sums kept as running totals. `set` is the only
 * way a row changes, so indexes and sums always agree with the rows.
 */
import { SortedKeys } from './sorted-keys.ts';
import type { Table } from './table.ts';

interface IndexState<R> {
  readonly values: (row: R) => string | readonly string[] | undefined;
  readonly buckets: Map<string, SortedKeys>;
}

interface SumState<R> {
  readonly group: (row: R) => string | undefined;
  readonly names: readonly string[];
  readonly measures: readonly ((row: R) => number)[];
  readonly totals: Map<string, { rows: number; readonly sums: number[] }>;
}

export class MemoryTable<R> {
  readonly definition: Table<R>;
  readonly rows = new Map<string, R>();
  readonly #keys = new SortedKeys();
  readonly #indexes = new Map<string, IndexState<R>>();
  readonly #sums = new Map<string, SumState<R>>();

  constructor(definition: Table<R>) {
    this.definition = definition;
    for (const [name, values] of Object.entries(definition.indexes)) {
      this.#indexes.set(name, { values, buckets: new Map() });
    }
    for (const [name, sum] of Object.entries(definition.sums)) {
      this.#sums.set(name, {
        group: sum.group,
        names: Object.keys(sum.measures),
        measures: Object.values(sum.measures),
        totals: new Map(),
      });
    }
  }

  /** Puts `row` at `key`, or removes it when undefined; answers what was there before. */
  set(key: string, row: R | undefined): R | undefined {
    const before = this.rows.get(key);
    if (row === undefined) {
      if (before === undefined) return undefined;
      this.rows.delete(key);
      this.#keys.delete(key);
    } else {
      this.rows.set(key, row);
      if (before === undefined) this.#keys.add(key);
    }
    for (const index of this.#indexes.values()) this.#reindex(index, key, before, row);
    for (const sum of this.#sums.values()) {
      if (before !== undefined) this.#add(sum, before, -1);
      if (row !== undefined) this.#add(sum, row, 1);
    }
    return before;
  }

  #reindex(index: IndexState<R>, key: string, before: R | undefined, after: R | undefined): void {
    const old = before === undefined ? undefined : index.values(before);
    const now = after === undefined ? undefined : index.values(after);
    if (old === now) return;
    const oldValues = old === undefined ? [] : typeof old === 'string' ? [old] : old;
    const newValues = now === undefined ? [] : typeof now === 'string' ? [now] : now;
    for (const value of oldValues) {
      if (newValues.includes(value)) continue;
      const bucket = index.buckets.get(value);
      bucket?.delete(key);
      if (bucket?.size === 0) index.buckets.delete(value);
    }
    for (const value of newValues) {
      let bucket = index.buckets.get(value);
      if (!bucket) {
        bucket = new SortedKeys();
        index.buckets.set(value, bucket);
      }
      bucket.add(key);
    }
  }

  #add(sum: SumState<R>, row: R, sign: 1 | -1): void {
    const group = sum.group(row);
    if (group === undefined) return;
    let total = sum.totals.get(group);
    if (!total) {
      total = { rows: 0, sums: sum.measures.map(() => 0) };
      sum.totals.set(group, total);
    }
    total.rows += sign;
    for (let i = 0; i < sum.measures.length; i++) total.sums[i]! += sign * sum.measures[i]!(row);
    if (total.rows === 0) sum.totals.delete(group);
  }

  /** Sorted keys under `value` of an index, or of the whole table. */
  keys(index?: string, value?: string): SortedKeys | undefined {
    if (index === undefined) return this.#keys;
    const state = this.#indexes.get(index);
    if (!state) throw new Error(`table ${this.definition.name} has no index ${index}`);
    return state.buckets.get(value!);
  }

  sum(name: string, group: string): Record<string, number> {
    const state = this.#sums.get(name);
    if (!state) throw new Error(`table ${this.definition.name} has no sum ${name}`);
    const total = state.totals.get(group);
    return Object.fromEntries(state.names.map((measure, i) => [measure, total?.sums[i] ?? 0]));
  }
}
